/**
 * The script of a browser bundle's page: CSV in, the Worker's verdicts as a table and as CSV.
 *
 * Cells are separated as in files (`formats/csv/`), so what a spreadsheet exports or copies can be pasted. Limits: the
 * table shows 500 rows, of more the strangest; the saved file holds all of them, in order.
 */
export const PAGE_SCRIPT = `/** Reads CSV and shows the verdicts; scorer.js runs the model. */
const SHOWN_ROWS = 500;
const BLAMED = 3;
const at = (id) => document.getElementById(id);
const scorer = new Worker(new URL("./scorer.js", import.meta.url), { type: "module" });
const waiting = new Map();
let model, lastId = 0;

scorer.onmessage = ({ data: { ready, id, verdicts, error } }) => {
  if (ready) return start(ready);
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  error === undefined ? resolve(verdicts) : reject(new TypeError(error));
};
scorer.onerror = ({ message }) => say(\`Cannot load the model: \${message}\`, true);

function start(ready) {
  model = ready;
  const { columns, falseAlarmRate } = ready;
  const alarms = falseAlarmRate === undefined ? "" : \` · \${Number((100 * falseAlarmRate).toPrecision(2))} % false alarms\`;
  at("about").textContent = \`\${columns.length} columns: \${columns.join(", ")}\${alarms}\`;
  at("rows").placeholder = \`\${columns.join(",")}\\n…\`;
  at("score").disabled = false;
  document.body.dataset.ready = "true";
}

at("form").onsubmit = (event) => {
  event.preventDefault();
  void show(at("rows").value);
};
at("file").onchange = async ({ target }) => {
  const [file] = target.files;
  if (file) at("rows").value = await textOf(file);
  target.value = "";
  if (file && model) await show(at("rows").value);
};

/** Decodes UTF-8 and what Windows programs write: UTF-16 with a byte order mark, or Windows-1252. */
async function textOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer()), mark = bytes[0] * 256 + bytes[1];
  const encoding = mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** Scores the rows in the text and shows the verdicts or the error. */
async function show(text) {
  clear();
  try {
    const rows = rowsOf(text);
    say("Scoring …");
    const verdicts = await ask(rows);
    const anomalies = verdicts.filter(({ anomaly }) => anomaly).length;
    const isLong = verdicts.length > SHOWN_ROWS;
    const order = [...verdicts.keys()];
    if (isLong) order.sort((a, b) => verdicts[b].score - verdicts[a].score);
    at("verdicts").replaceChildren(...order.slice(0, SHOWN_ROWS).map((r) => rowElement(verdicts[r], r)));
    document.querySelector("table").hidden = false;
    const more = isLong ? \`, the \${SHOWN_ROWS} strangest shown\` : "";
    say(\`\${counted(verdicts.length, "row", "rows")}, \${counted(anomalies, "anomaly", "anomalies")}\${more}\`);
    at("save").href = URL.createObjectURL(new Blob([csvOf(verdicts)], { type: "text/csv" }));
    at("save").hidden = false;
  } catch (error) {
    say(error.message, true);
  }
}

function counted(number, one, many) {
  return \`\${number} \${number === 1 ? one : many}\`;
}

function ask(rows) {
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    scorer.postMessage({ id, rows });
  });
}

function clear() {
  document.querySelector("table").hidden = true;
  if (!at("save").hidden) URL.revokeObjectURL(at("save").href);
  at("save").hidden = true;
}

function say(text, bad = false) {
  at("outcome").textContent = text;
  at("outcome").className = bad ? "bad" : "";
}

function rowElement(verdict, index) {
  const row = document.createElement("tr");
  if (verdict.anomaly) row.className = "anomaly";
  for (const text of cellsOf(verdict, index)) {
    row.insertCell().textContent = text;
  }
  return row;
}

function cellsOf({ score, pValue, anomaly, contributions }, index) {
  const nats = (value) => value.toFixed(2);
  const blame = blameOf(contributions).map(([name, value]) => \`\${name} \${nats(value)}\`);
  return [
    index + 1,
    nats(score),
    pValue?.toPrecision(3) ?? "",
    anomaly === undefined ? "" : anomaly ? "yes" : "no",
    blame.join(", "),
  ];
}

function blameOf(contributions = {}) {
  return Object.entries(contributions).sort((a, b) => b[1] - a[1]).slice(0, BLAMED);
}

function csvOf(verdicts) {
  const quoted = (text) => /[",\\n;]/.test(text) ? \`"\${text.replaceAll('"', '""')}"\` : text;
  const lines = verdicts.map(({ score, pValue, anomaly, contributions }, index) =>
    [index + 1, score, pValue ?? "", anomaly ?? "", blameOf(contributions).map(([n]) => n).join(";")]
      .map((cell) => quoted(String(cell))).join()
  );
  return ["row,score,p_value,anomaly,top_columns", ...lines, ""].join("\\n");
}

/** The rows as objects by column: from the header if it names the model's columns, otherwise by position. */
function rowsOf(text) {
  const separator = separatorOf(text), lines = parseCsv(text, separator);
  if (lines.length === 0) throw new TypeError("Cannot score: there are no rows");
  const [first] = lines, { columns, texts } = model;
  const isNamed = first.some((cell) => columns.includes(cell.trim()));
  // A bare model may not know the names of its columns: a first line of text alone is a header all the same.
  const isHeader = isNamed || (!model.isTable && first.every((cell) => typeof valueOf(cell) === "string"));
  const named = first.map((cell, c) => cell.trim() || (c === 0 ? "Unnamed: 0" : ""));
  const names = isNamed ? named : columns;
  const rows = isHeader ? lines.slice(1) : lines;
  if (rows.length === 0) throw new TypeError("Cannot score: there are no rows below the header");
  const numberOf = separator !== "," && hasDecimalCommas(rows)
    ? (cell) => valueOf(cell.includes(".") ? cell : cell.replace(",", "."))
    : valueOf;
  return rows.map((cells, r) => {
    if (cells.length !== names.length) {
      throw new TypeError(
        \`Cannot read row \${r + 1}: expected \${names.length} cells, got \${cells.length}\`,
      );
    }
    // Leaves out columns that the model does not know, such as a label.
    const known = names.flatMap((name, c) => columns.includes(name) ? [[name, cells[c]]] : []);
    return Object.fromEntries(
      known.map(([name, cell]) => [name, texts.includes(name) ? cell : numberOf(cell)]),
    );
  });
}

function valueOf(cell) {
  const text = cell.trim();
  const number = Number(text);
  return text !== "" && Number.isFinite(number) ? number : text;
}

/** Splits the first line into known names, or a cell for each column; spreadsheets copy tabs. */
function separatorOf(text) {
  const [first] = text.trimStart().split("\\n", 1);
  return ["\\t", ";", "|"].find((separator) => {
    const [cells = []] = parseCsv(first, separator), { columns } = model;
    return cells.length > 1 && (cells.length === columns.length || cells.some((cell) => columns.includes(cell.trim())));
  }) ?? ",";
}

/** No cell has a point, and one has no three digits behind a comma, as thousands do. */
function hasDecimalCommas(rows) {
  const some = (pattern) => rows.some((cells) => cells.some((cell) => pattern.test(cell.trim())));
  return some(/^[-+]?(0,\\d+|\\d+,(\\d{1,2}|\\d{4,}))$/) && !some(/^[-+]?\\d*\\.\\d+$/);
}

/** RFC 4180: quoted cells may contain separators, breaks and doubled quotes. */
function parseCsv(text, separator) {
  const lines = [], source = text.replace(/^\\uFEFF/, "");
  let cells = [], cell = "", quoted = false;
  for (let i = 0; i < source.length; i++) {
    const letter = source[i];
    if (quoted && letter === '"' && source[i + 1] === '"') cell += source[++i];
    else if (letter === '"') quoted = !quoted;
    else if (!quoted && letter === separator) cells = [...cells, cell], cell = "";
    else if (!quoted && letter === "\\n") lines.push([...cells, cell]), cells = [], cell = "";
    else if (quoted || letter !== "\\r") cell += letter;
  }
  lines.push([...cells, cell]);
  return lines.filter((line) => line.length > 1 || line[0].trim() !== "");
}
`;
