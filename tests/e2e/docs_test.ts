/**
 * README.md and docs/*.md: every code block runs as printed, on a table that stands for the reader's. Only placeholders
 * (an address, a token, a job's id, rows) are filled in. `tests/http/docs_test.ts` makes the requests of docs/http.md
 * whose answer is shown.
 */
import assert from "node:assert/strict";
import { createApp, digestOf, type Model } from "../../src/http/mod.ts";
import { ROOT } from "../../scripts/lib/tree.ts";
import { Folder } from "../cli/util.ts";
import { planeRows } from "../util/data.ts";
import { serveElbow } from "../util/elbow_server.ts";
import { Detector } from "../../mod.ts";

const PAGES = ["README.md", "docs/http.md", "docs/runtimes.md", "docs/tables.md", "docs/math.md"];
const TOKEN = "0123456789abcdef".repeat(4);

interface Block {
  readonly page: string;
  readonly text: string;
}

/** The code blocks of a language, in the order of the pages. */
function blocks(language: string): Block[] {
  return PAGES.flatMap((page) => {
    const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm");
    return [...Deno.readTextFileSync(ROOT + page).matchAll(fence)].map(([, text]) => ({
      page,
      text,
    }));
  });
}

/** Numbers and a label. */
const SENSORS = `heat,flow,fault\n${
  planeRows(120, 2, 5).map(([a, b], r) => `${a},${b},${Number(r % 40 === 0)}`).join("\n")
}\n`;

/** Runs a command in a folder's shell, and returns its standard output if it succeeds. */
async function shell(command: string, cwd: string, env: Record<string, string>): Promise<string> {
  const child = new Deno.Command("sh", { args: ["-ec", command], cwd, env, stdin: "null" });
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, `${command}\n${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

/** A folder with the reader's tables, in which `deno task elbow` runs this checkout. */
function workplace(): Folder & { readonly env: Record<string, string> } {
  const folder = new Folder();
  for (const name of ["sensors.csv", "new.csv"]) folder.write(name, SENSORS);
  Deno.mkdirSync(folder.at("bin"));
  const program = `exec "${Deno.execPath()}" run --quiet --unstable-bundle --allow-all --no-check`;
  const shim =
    `#!/bin/sh\n[ "$1 $2" = "task elbow" ] || exit 9\nshift 2\n${program} "${ROOT}src/cli/main.ts" "$@"\n`;
  Deno.chmodSync(folder.write("bin/deno", shim), 0o755);
  return Object.assign(folder, { env: { PATH: `${folder.at("bin")}:${Deno.env.get("PATH")}` } });
}

Deno.test("the commands in README.md and docs/runtimes.md run as printed", async () => {
  using place = workplace();
  const typed = blocks("sh").filter(({ text }) => /^deno task elbow/m.test(text));
  assert.deepEqual(typed.map(({ page }) => page), ["README.md", "README.md", "docs/runtimes.md"]);
  for (const { text } of typed) await shell(text, place.path, place.env);
  for (const made of ["sensors.safetensors", "m.safetensors"]) {
    assert.ok(place.names().includes(made), made);
  }
});

Deno.test("the requests in docs/http.md that train and score files run as printed", async () => {
  using place = workplace();
  const hash = await digestOf(new TextEncoder().encode(TOKEN));
  const tokens = place.write("tokens", `score,train,admin ${hash}\n`);
  Deno.mkdirSync(place.at("models"));
  const { child, url } = await serveElbow([
    "--models",
    place.at("models"),
    "--train",
    "--tokens",
    tokens,
  ]);
  try {
    let id = "";
    const ask = async (line: string) => {
      const command = line.replace("localhost:8080", url).replace("/ID/", `/${id}/`);
      const said = await shell(command, place.path, { TOKEN });
      assert.doesNotMatch(said, /urn:elbow:problem/, command);
      id = /"id":"([^"]+)"/.exec(said)?.[1] ?? id;
      return said;
    };
    const lines = blocks("sh").filter(({ page, text }) =>
      page === "docs/http.md" && text.includes("$TOKEN")
    ).flatMap(({ text }) => text.trim().split("\n"));
    const events = lines.find((line) => line.includes("/events"))!;
    assert.equal(lines.length, 5);
    for (const line of lines) {
      if (line.includes("/result")) await ask(events);
      const said = await ask(line);
      if (line === events) assert.match(said, /event: succeeded/);
    }
    const scores = Deno.readTextFileSync(place.at("scores.csv")).trimEnd().split("\n");
    assert.deepEqual([scores[0], scores.length], [
      "row,score,p_value,anomaly,top_columns",
      121,
    ]);
  } finally {
    child.kill();
    await child.status;
  }
});

Deno.test("the programs in README.md and docs/http.md pass the type check and run as printed", async () => {
  using place = workplace();
  const rows = planeRows(60, 3, 4);
  const detector = await Detector.fit(rows, { preset: "small", epochs: 2 });
  Deno.writeFileSync(place.at("sensors.safetensors"), detector.save());
  const models: Record<string, Model> = { pump: detector };
  const app = createApp({ models });
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, app.fetch);
  const written = blocks("ts");
  assert.deepEqual(written.map(({ page }) => page), [
    ...["README.md", "README.md", "docs/http.md", "docs/http.md"],
  ]);
  const root = new URL(`file://${ROOT}`).href;
  const files = written.map(({ text }, i) => {
    const program = text
      .replaceAll(/"https:\/\/…\/|"\.\.\//g, `"${root}`)
      .replaceAll("Deno.serve(", "Deno.serve({ port: 0, onListen() {} }, ")
      .replace("http://127.0.0.1:8080", `http://127.0.0.1:${server.addr.port}`)
      .replace('"…"', `"${TOKEN}"`);
    const given = [
      `import { Detector as Given } from "${root}mod.ts";`,
      `const given = ${JSON.stringify(rows)};`,
      ...(/const \{ rows|\brows: /.test(text) ? [] : ["const rows = given;"]),
      ...(/const detector/.test(text)
        ? ["const newRows = given;"]
        : ['const detector = await Given.load(Deno.readFileSync("sensors.safetensors"));']),
      "const readings = given.slice(0, 2);",
    ];
    const name = `block${i}.ts`;
    place.write(name, [...given, program, "export {};"].join("\n"));
    return name;
  });
  // A reader's own strict configuration, except that examples may leave names unused.
  place.write("deno.json", JSON.stringify({ compilerOptions: { strict: true } }));
  const all = files.map((name) => `await import("./${name}");`);
  place.write("all.ts", [...all, "Deno.exit(0);"].join("\n"));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--check", "--allow-all", "--no-lock", "all.ts"],
    cwd: place.path,
  });
  const { code, stderr } = await child.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.ok(place.names().includes("model.safetensors"));
});
