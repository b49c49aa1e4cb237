/**
 * The OpenAPI document as a page to read: one piece of HTML, made on the server, that runs nothing and
 * loads nothing. Its policy forbids both.
 */
import type { Json } from "./openapi.ts";

/** For the header `content-security-policy`. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: Json;
  }[];
  readonly requestBody?: Body;
  readonly responses: Readonly<Record<string, Body>>;
}

interface Body {
  readonly content?: Readonly<Record<string, { readonly schema?: Json }>>;
}

interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly summary: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

/** The page. */
export function docsPage(document: Json): string {
  const { info, paths, components } = document as unknown as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
  );
  const index = operations.map(({ path, method, operation }) =>
    `<tr><td>${verb(method)}</td><td><a href="#${text(operation.operationId)}"><code>${
      text(path)
    }</code></a></td><td>${text(operation.summary)}</td></tr>`
  );
  const sections = operations.map(({ path, method, operation }) =>
    section(path, method, operation)
  );
  const schemas = Object.entries(components.schemas).map(([name, schema]) =>
    `<h3 id="schema-${text(name)}">${text(name)}</h3>${json(schema)}`
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${
    text(info.title)
  }: HTTP</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head><body><main>
<h1>${text(info.title)} <small>${text(info.version)}</small></h1><p>${text(info.summary)}
The same as data: <a href="openapi.json">openapi.json</a>.</p>
<table>${index.join("\n")}</table>${sections.join("\n")}<h2>Schemas</h2>${schemas.join("\n")}
</main></body></html>`;
}

function section(path: string, method: string, operation: Operation): string {
  const { operationId, summary, security = [], parameters = [], requestBody, responses } =
    operation;
  const scopes = security.flatMap((each) => Object.values(each).flat());
  const list = parameters.map(({ name, in: place, schema }) =>
    `<li><code>${text(name)}</code> in ${text(place)}: <code>${
      text(JSON.stringify(schema))
    }</code></li>`
  );
  const answers = Object.entries(responses).map(([status, body]) =>
    `<dt>${status === "default" ? "otherwise" : text(status)}</dt><dd>${bodyOf(body)}</dd>`
  );
  return `<section id="${text(operationId)}"><h2>${verb(method)} <code>${text(path)}</code></h2>
<p>${text(summary)}${scopes.length > 0 ? ` · scope <b>${text(scopes.join(", "))}</b>` : ""}</p>
${list.length > 0 ? `<ul>${list.join("")}</ul>` : ""}
${requestBody ? `<h4>Body</h4>${bodyOf(requestBody)}` : ""}<h4>Answers</h4><dl>${
    answers.join("")
  }</dl></section>`;
}

function bodyOf({ content }: Body): string {
  if (!content) return "no body";
  return Object.entries(content).map(([type, { schema }]) => {
    const name = String(schema?.$ref ?? "").split("/").at(-1);
    const shape = name
      ? ` <a href="#schema-${text(name)}">${text(name)}</a>`
      : schema
      ? json(schema)
      : "";
    return `<div><code>${text(type)}</code>${shape}</div>`;
  }).join("");
}

function json(value: Json): string {
  return `<pre>${text(JSON.stringify(value, null, 2))}</pre>`;
}

function verb(method: string): string {
  return `<b class="${text(method)}">${text(method.toUpperCase())}</b>`;
}

function text(value: string): string {
  return value.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 62rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; }
code, pre { font: 0.875em/1.45 ui-monospace, monospace; }
pre { background: var(--soft); padding: 0.75rem; overflow: auto; max-height: 24rem; border-radius: 6px; }
table { border-collapse: collapse; width: 100%; } td { padding: 0.15rem 0.75rem 0.15rem 0; vertical-align: top; }
section { border-top: 1px solid var(--line); margin-top: 1.5rem; } h2 { font-size: 1.15rem; } h4 { margin: 0.75rem 0 0.25rem; }
dl { margin: 0; } dt { font-weight: 600; } dd { margin: 0 0 0.5rem 1.5rem; } small { font-weight: 400; opacity: 0.6; }
b.get { color: #1a7f4b; } b.post { color: #2563c9; } b.put { color: #a86400; } b.delete { color: #c03028; }
a { color: inherit; }`;
