/**
 * A page that scores rows locally: static files, and no row leaves the browser. The model runs in a Worker; the page
 * reads CSV, shows the verdicts and saves them as CSV.
 */
import { PAGE_HTML, PAGE_STYLE } from "./browser_page.ts";
import { PAGE_SCRIPT } from "./browser_script.ts";
import { loaderOf, modelFile, projectName, type Target } from "./target.ts";

export const BROWSER: Target = {
  entry: ({ kind }) => kind === "vae" ? "../../trained/mod.ts" : "../../scoring/mod.ts",
  kernelModule: false,
  deploy: "npx wrangler pages deploy .",
  tryIt: "npx --yes http-server -a 127.0.0.1 -p 8000",
  files: (model) => ({
    "index.html": PAGE_HTML.replaceAll("MODEL", model.name),
    "style.css": PAGE_STYLE,
    "page.js": PAGE_SCRIPT,
    "scorer.js": `/** Scores rows in a worker, so that the page stays responsive. */
import { ${loaderOf(model)} } from "./elbow.js";

const model = await ${loaderOf(model)}.load(new URL("./${modelFile(model)}", import.meta.url));
const isTable = model.columns !== undefined;
const columns = model.columns ?? model.spec.columns ??
  Array.from({ length: model.spec.inputs }, (_, c) => \`x\${c}\`);
const { falseAlarmRate, threshold, device, schema = [] } = model;
// Columns whose cells stay text even if they look like numbers.
const texts = schema.filter(({ levels, format }) => levels || format).map(({ name }) => name);

/** A bare model takes arrays of numbers, in its own column order. */
function numbersOf(row, r) {
  return columns.map((name) => {
    if (typeof row[name] === "number") return row[name];
    throw new TypeError(\`Cannot read row \${r + 1}, column "\${name}": expected a number\`);
  });
}

onmessage = async ({ data: { id, rows } }) => {
  try {
    const verdicts = await model.score(isTable ? rows : rows.map(numbersOf));
    postMessage({ id, verdicts: isTable ? verdicts : Array.from(verdicts, (score) => ({ score })) });
  } catch (error) {
    postMessage({ id, error: error.message });
  }
};
postMessage({ ready: { columns, texts, isTable, falseAlarmRate, threshold, device } });
`,
    "_headers": HEADERS,
  }),
  notes: (model) =>
    `Any static file host will do; \`wrangler pages\` asks once for a project name (\`${
      projectName(model)
    }\`). The page must come over \`https:\` or from
\`localhost\`, not from a file, because browsers load no modules from files. It loads nothing from anywhere else, and no row leaves it.
`,
};

/** In the format of Cloudflare Pages and Netlify; other hosts need none. */
const HEADERS = `/*
  X-Content-Type-Options: nosniff
  Cross-Origin-Opener-Policy: same-origin
  Cross-Origin-Embedder-Policy: require-corp
`;
