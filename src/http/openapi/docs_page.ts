/**
 * The OpenAPI document as a page of static HTML, rendered on the server. It runs nothing and loads nothing; its content
 * security policy forbids both.
 */
import { groupBy } from "../../core/group_by.ts";
import type { Json } from "./openapi.ts";
import { PROBLEMS } from "../answers/problems.ts";
import { curlLine } from "./request_examples.ts";
import { rulesText, typeText } from "./schema_text.ts";

/** For the header `content-security-policy`. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
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
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>;
    readonly securitySchemes?: Json;
  };
}

interface Listed {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

/** Renders the page. */
export function docsPage(document: Json): string {
  const { info, servers: [{ url }], paths, components } = document as unknown as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
  );
  const groups = groupBy(operations, ({ operation }) => operation.tags[0]);
  const index = Array.from(
    groups,
    ([tag, list]) => `<tbody><tr><th colspan="3">${text(tag)}</th></tr>${list.map(row).join("\n")}`,
  );
  const sections = Array.from(
    groups,
    ([tag, list]) =>
      `<h1>${text(tag)}</h1>${
        list.map((each) => section(each, url.replace(/\/$/, ""))).join("\n")
      }`,
  );
  const schemas = Object.entries(components.schemas).map(([name, schema]) =>
    `<h3 id="schema-${text(name)}">${text(name)}</h3>${type(schema)}`
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${
    text(info.title)
  }: HTTP</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head><body><main>
<h1>${text(info.title)} <small>${text(info.version)}</small></h1><p>${text(info.summary)}
The same as data: <a href="openapi.json">openapi.json</a>.</p>
${
    components.securitySchemes
      ? TOKENS
      : ""
  }<p>In the commands <code>$URL</code> is this server, as in
<code>URL=localhost:8080</code>; <code>pump</code> stands for a model of speed, flow and pressure.</p>
<table>${index.join("\n")}</table>${sections.join("\n")}<h1 id="problems">Problems</h1>
<p>Whatever is no success is <code>application/problem+json</code>, of one of these types:</p><table>${problems()}</table>
<h1>What answers hold</h1>${schemas.join("\n")}
</main></body></html>`;
}

const TOKENS = `<p>Requests carry <code>authorization: Bearer $TOKEN</code>; each address names the
scope that the token must have.</p>
`;

function row({ path, method, operation: { operationId, summary } }: Listed): string {
  return `<tr><td>${verb(method)}</td><td><a href="#${text(operationId)}"><code>${
    text(path)
  }</code></a></td><td>${text(summary)}</td></tr>`;
}

function problems(): string {
  return Object.entries(PROBLEMS).map(([name, { status, title }]) =>
    `<tr><td>${status}</td><td><code>urn:elbow:problem:${name}</code></td><td>${
      text(title)
    }</td></tr>`
  ).join("\n");
}

function section({ path, method, operation }: Listed, prefix: string): string {
  const { operationId: id, tags: [tag], summary, security = [], parameters = [] } = operation;
  const { requestBody, responses } = operation,
    bodyTexts = BODY_TEXTS.find(([tags]) => tags.test(tag))?.[1];
  const scopes = security.flatMap((each) => Object.values(each).flat());
  const list = parameters.filter((each) => each.in !== "path").map((each) => {
    const details = [rulesText(each.schema), each.description ?? ""].filter((text) => text !== "");
    return `<li><code>${text(each.name)}</code> in the ${text(each.in)}: <code>${
      text(typeText(each.schema))
    }</code> ${text(details.join(", "))}</li>`;
  });
  const answers = Object.entries(responses).filter(([status]) => status !== "default")
    .map(([status, body]) => `<dt>${text(status)}</dt><dd>${bodyOf(body, bodyTexts)}</dd>`);
  const types = Object.keys(requestBody?.content ?? {}), hasToken = scopes.length > 0;
  const command = curlLine({ id, method, path: prefix + path, types, hasToken });
  return `<section id="${text(id)}"><h2>${verb(method)} <code>${text(path)}</code></h2>
<p>${text(summary)}${hasToken ? ` · scope <b>${text(scopes.join(", "))}</b>` : ""}</p>
<pre>${text(command)}</pre>
${list.length > 0 ? `<ul>${list.join("")}</ul>` : ""}
${requestBody ? `<h4>Body</h4>${bodyOf(requestBody, bodyTexts)}` : ""}<h4>Answers</h4><dl>${
    answers.join("")
  }<dt>otherwise</dt><dd><a href="#problems">a problem</a></dd></dl></section>`;
}

/** What a body without a schema holds, by media type and by the tag of the operation. */
const BODY_TEXTS: readonly (readonly [tags: RegExp, texts: Readonly<Record<string, string>>])[] = [
  [/^Querying/, {
    "application/octet-stream": "float32, little-endian, row by row",
    "application/x-ndjson": "one row per line, of any length",
    "text/csv": "a header of column names, then rows",
  }],
  [/^Open Inference/, { "application/octet-stream": "JSON, then the bytes of tensors" }],
  [/^Models/, { "application/octet-stream": "a model file" }],
];

function bodyOf({ content }: Body, bodyTexts: Readonly<Record<string, string>> = {}): string {
  if (!content) return "no body";
  return Object.entries(content).map(([media, { schema }]) => {
    const name = String(schema?.$ref ?? "").split("/").at(-1);
    const shape = name
      ? ` <a href="#schema-${text(name)}">${text(name)}</a>`
      : schema
      ? type(schema)
      : bodyTexts[media]
      ? ` ${text(bodyTexts[media])}`
      : "";
    return `<div><code>${text(media)}</code>${shape}</div>`;
  }).join("");
}

/** A type as HTML, with comments in italics. */
function type(schema: Json): string {
  const lines = typeText(schema).split("\n").map((line) =>
    text(line).replace(/\/\/ .*$/, (comment) => `<i>${comment}</i>`)
  );
  return `<pre>${lines.join("\n")}</pre>`;
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
code, pre { font: 0.875em/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: var(--soft); padding: 0.75rem; white-space: pre-wrap; border-radius: 6px; }
pre i { font-style: normal; opacity: 0.6; } h1 { margin-top: 3rem; } h1:first-child { margin-top: 1rem; } th { text-align: left; padding-top: 0.75rem; }
table { border-collapse: collapse; width: 100%; } td { padding: 0.15rem 0.75rem 0.15rem 0; vertical-align: top; }
section { border-top: 1px solid var(--line); margin-top: 1.5rem; } h2 { font-size: 1.15rem; } h4 { margin: 0.75rem 0 0.25rem; }
dl { margin: 0; } dt { font-weight: 600; } dd { margin: 0 0 0.5rem 1.5rem; } small { font-weight: 400; opacity: 0.6; }
b.get { color: #1a7f4b; } b.post { color: #2563c9; } b.put { color: #a86400; } b.delete { color: #c03028; }
a { color: inherit; }
@media (max-width: 40rem) { tr, td:last-child { display: block; } }`;
