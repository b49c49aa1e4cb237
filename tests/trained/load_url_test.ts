/** Models by URL: what cannot be fetched is refused with the address. Oracle: the model that was saved. */
import assert from "node:assert/strict";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { TrainedVae } from "../../src/trained/mod.ts";
import { VAE } from "../../mod.ts";

const MODEL = VAE.create({ inputs: 2, latent: [{ size: 1 }] }, { seed: 1 }).save();

Deno.test("a model loads from a URL; a server's refusal, and a host that fetches no such address, are named", async () => {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) =>
      request.url.endsWith("/m")
        ? new Response(MODEL.slice())
        : new Response(null, { status: 404 }),
  );
  const at = (path: string) => new URL(`http://127.0.0.1:${server.addr.port}/${path}`);
  assert.deepEqual((await TrainedVae.load(at("m"))).save(), MODEL);
  await assert.rejects(
    TrainedVae.load(at("gone")),
    /^TypeError: Cannot load model from http:.*\/gone: got 404$/,
  );
  using _host = withoutFiles({ builtins: false });
  await assert.rejects(
    TrainedVae.load(new URL("file:///m.elbow")),
    /^TypeError: Cannot load model from file:\/\/\/m.elbow: got TypeError: fetch failed$/,
  );
});

Deno.test("a model loads from a file's URL where fetch takes none, as in Node.js; a missing file is named", async () => {
  const path = await Deno.makeTempFile({ prefix: "a model, " });
  await Deno.writeFile(path, MODEL);
  using _host = withoutFiles({ builtins: true });
  assert.deepEqual((await TrainedVae.load(pathToFileURL(path))).save(), MODEL);
  await Deno.remove(path);
  await assert.rejects(
    TrainedVae.load(pathToFileURL(path)),
    /^TypeError: Cannot load model from file:.*a%20model.*: got Error: ENOENT/,
  );
});

/** A host that fetches nothing, with or without the modules of Node.js. */
function withoutFiles({ builtins }: { readonly builtins: boolean }): Disposable {
  const { fetch } = globalThis, { getBuiltinModule } = process;
  globalThis.fetch = () => Promise.reject(new TypeError("fetch failed"));
  if (!builtins) process.getBuiltinModule = () => undefined;
  return {
    [Symbol.dispose]() {
      globalThis.fetch = fetch;
      process.getBuiltinModule = getBuiltinModule;
    },
  };
}
