/**
 * The library from a URL: a program that imports `mod.ts` from a server on this machine trains and scores with
 * `--allow-import` for that address only, an empty cache, and no package.
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";

const ROOT = new URL("../../", import.meta.url);

/** Serves the library's files of the checkout, and records requests for other files. */
function serveCheckout(): {
  readonly server: Deno.HttpServer<Deno.NetAddr>;
  readonly served: string[];
} {
  const served: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    served.push(pathname);
    if (!/^\/(mod\.ts|src\/[\w./]+\.ts)$/.test(pathname)) {
      return new Response(null, { status: 404 });
    }
    const bytes = await Deno.readFile(new URL(`.${pathname}`, ROOT)).catch(() => null);
    const headers = { "content-type": "application/typescript" };
    return bytes ? new Response(bytes, { headers }) : new Response(null, { status: 404 });
  });
  return { server, served };
}

const PROGRAM = `
const rows = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(i), i % 2]);
const detector = await Detector.fit(rows, { epochs: 5, seed: 1 });
const scorer = await TableScorer.load(detector.save());
const verdicts = await scorer.score([[0, 1, 1], [9, 9, 9]]);
console.log(JSON.stringify({ verdicts, backend: scorer.device.backend }));
`;

async function runProgram(program: string, host: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/program.ts`, program);
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--no-config",
        "--no-npm",
        `--allow-import=${host}`,
        `${folder}/program.ts`,
      ],
      cwd: folder,
      env: { DENO_DIR: `${folder}/cache` },
      stdin: "null",
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (
  const [name, entries] of [
    ["mod.ts", { "mod.ts": ["Detector", "TableScorer"] }],
    ["src/detection/mod.ts and src/scoring/mod.ts", {
      "src/detection/mod.ts": ["Detector"],
      "src/scoring/mod.ts": ["TableScorer"],
    }],
  ] as const
) {
  Deno.test(`a program that imports ${name} from a URL trains and scores`, async () => {
    const { server, served } = serveCheckout();
    const host = `127.0.0.1:${server.addr.port}`;
    const imports = Object.entries(entries)
      .map(([path, names]) => `import { ${names.join(", ")} } from "http://${host}/${path}";`);
    const output = await runProgram(imports.join("\n") + PROGRAM, host);
    await server.shutdown();
    const { verdicts: [usual, odd], backend } = JSON.parse(output);
    assert.equal(backend, "wasm");
    assert.ok(odd.anomaly && odd.score > usual.score);
    // Only what these entry points need, each file once.
    assert.equal(new Set(served).size, served.length);
    assert.ok(served.every((path) => !/^\/src\/(cli|http)\//.test(path)));
  });
}

Deno.test("a program that imports src/trained/mod.ts from a URL scores a network, and loads no code for tables", async () => {
  const vae = VAE.create({ inputs: 2, latent: [{ size: 1 }] }, { seed: 1 }),
    rows = [[0, 1], [3, -2]];
  const { server, served } = serveCheckout();
  const host = `127.0.0.1:${server.addr.port}`;
  const output = await runProgram(
    `import { TrainedVae } from "http://${host}/src/trained/mod.ts";
const model = await TrainedVae.load(Uint8Array.fromBase64("${vae.save().toBase64()}"));
console.log(JSON.stringify([...await model.score(${JSON.stringify(rows)})]));`,
    host,
  );
  await server.shutdown();
  assert.deepEqual(JSON.parse(output), [...await vae.score(rows)]);
  assert.equal(new Set(served).size, served.length);
  const tables = served.filter((path) =>
    /^\/src\/(scoring|detection|training|http|cli)\//.test(path)
  );
  assert.deepEqual(tables, []);
});
