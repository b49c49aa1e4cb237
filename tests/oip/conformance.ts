/**
 * Conformance checks for any server of the Open Inference Protocol v2 over REST:
 *
 *     deno run --allow-net tests/oip/conformance.ts http://127.0.0.1:8080 MODEL [TOKEN]
 *
 * One check for each sentence of the protocol that binds a server. Sources: inference_rest.md and
 * open_inference_rest.yaml of kserve/open-inference-protocol at d49cc23; extension_binary_data.md of
 * triton-inference-server. The checks use the model as its metadata describes it: its inputs must be floating-point
 * tensors, which are filled with numbers near 0.5; a size of -1 becomes 2.
 *
 * This file, server.ts and tensors.ts depend on nothing else in the project.
 */
import assert from "node:assert/strict";
import { Server, type Target } from "./server.ts";
import {
  HEADER_LENGTH,
  type Metadata,
  nest,
  pack,
  requireTensor,
  SIZES,
  type Tensor,
  unpack,
} from "./tensors.ts";

/** One sentence of the protocol. */
export interface Check {
  readonly name: string;
  /** Rejects unless the server does what the sentence says. */
  run(): Promise<void>;
}

/** Runs all checks against a server. */
export function conformanceChecks(target: Target): Check[] {
  const server = new Server(target);
  return [
    ...healthChecks(server),
    ...metadataChecks(server),
    ...inferChecks(server),
    ...errorChecks(server),
    ...binaryChecks(server),
  ].map(([name, run]) => ({ name, run }));
}

type NamedCheck = readonly [name: string, run: () => Promise<void>];

function healthChecks(server: Server): NamedCheck[] {
  const answers = (path: string) => async () => {
    const response = await server.ask(path);
    await response.body?.cancel();
    assert.equal(response.status, 200);
  };
  return [
    ["GET v2/health/live answers 200", answers("/v2/health/live")],
    ["GET v2/health/ready answers 200", answers("/v2/health/ready")],
    ["GET v2/models/{m}/ready answers 200", answers(`${server.model}/ready`)],
    ["a model that is not there is not ready", async () => {
      const response = await server.ask("/v2/models/there-is-no-such-model/ready");
      await response.body?.cancel();
      assert.ok(response.status >= 400 && response.status < 500, `${response.status}`);
    }],
  ];
}

function metadataChecks(server: Server): NamedCheck[] {
  return [
    ["GET v2 names the server, its version and its extensions", async () => {
      const { name, version, extensions } = await server.json<Record<string, unknown>>("/v2");
      assert.equal(typeof name, "string");
      assert.equal(typeof version, "string");
      assert.ok(Array.isArray(extensions) && extensions.every((each) => typeof each === "string"));
    }],
    ["GET v2/ answers as GET v2, as the OpenAPI file has it", async () => {
      assert.deepEqual(await server.json("/v2/"), await server.json("/v2"));
    }],
    ["GET v2/models/{m} describes inputs and outputs", async () => {
      const { name, platform, versions = [], inputs, outputs } = await server.metadata();
      assert.equal(name, server.modelName);
      assert.equal(typeof platform, "string");
      assert.ok(versions.every((each) => typeof each === "string"), "versions are strings");
      for (const { name, datatype, shape } of [...inputs, ...outputs]) {
        assert.equal(typeof name, "string");
        assert.ok(Object.hasOwn(SIZES, datatype), `datatype ${datatype}`);
        assert.ok(shape.every((size) => Number.isInteger(size) && size >= -1), `shape ${shape}`);
      }
    }],
    ["every version that is listed is described, ready and answers", async () => {
      const { versions = [] } = await server.metadata(), inputs = await server.inputs();
      for (const version of versions) {
        const path = `${server.model}/versions/${encodeURIComponent(version)}`;
        assert.equal((await server.json<Metadata>(path)).name, server.modelName);
        const ready = await server.ask(`${path}/ready`);
        await ready.body?.cancel();
        assert.equal(ready.status, 200);
        assert.equal((await server.infer({ inputs }, `${path}/infer`)).model_version, version);
      }
    }],
  ];
}

function inferChecks(server: Server): NamedCheck[] {
  return [
    [
      "infer answers with the model's name and the tensors that the metadata announces",
      async () => {
        const answer = await server.infer({ inputs: await server.inputs() });
        const { outputs, versions } = await server.metadata();
        assert.equal(answer.model_name, server.modelName);
        assert.equal("model_version" in answer, versions !== undefined && versions.length > 0);
        assert.deepEqual(answer.outputs.map(({ name }) => name), outputs.map(({ name }) => name));
        for (const [i, output] of answer.outputs.entries()) requireTensor(output, outputs[i]);
      },
    ],
    ["the id of a request is the id of its answer; without one there is none", async () => {
      const inputs = await server.inputs();
      for (const id of ["42", "", 'ä/\u0000"x']) {
        assert.equal((await server.infer({ id, inputs })).id, id);
      }
      assert.ok(!("id" in await server.infer({ inputs })));
    }],
    ["outputs that are asked for are answered, those alone", async () => {
      const inputs = await server.inputs(), { outputs } = await server.metadata();
      const whole = await server.infer({ inputs });
      for (const { name } of outputs) {
        const answer = await server.infer({ inputs, outputs: [{ name }] });
        assert.deepEqual(answer.outputs, whole.outputs.filter((each) => each.name === name));
      }
    }],
    ["data may be nested as the shape is", async () => {
      const inputs = await server.inputs();
      const nested = inputs.map((input) => ({ ...input, data: nest(input.data, input.shape) }));
      assert.deepEqual(await server.infer({ inputs: nested }), await server.infer({ inputs }));
    }],
    ["parameters that a server does not know do no harm", async () => {
      const inputs = await server.inputs(), parameters = { "x-unknown": 7, other: "text" };
      const answer = await server.infer({
        parameters,
        inputs: inputs.map((input) => ({ ...input, parameters })),
      });
      assert.deepEqual(answer.outputs, (await server.infer({ inputs })).outputs);
    }],
    ["an answer is JSON: a tensor holds no NaN, no infinity and no null", async () => {
      for (const { data = [] } of (await server.infer({ inputs: await server.inputs() })).outputs) {
        for (const value of data) assert.ok(typeof value !== "number" || Number.isFinite(value));
        assert.ok(!data.includes(null));
      }
    }],
  ];
}

function errorChecks(server: Server): NamedCheck[] {
  const refused = async (response: Response) => {
    const text = await response.text();
    assert.ok(response.status >= 400 && response.status < 500, `${response.status} ${text}`);
    const { error } = JSON.parse(text);
    assert.equal(typeof error, "string", "an error is { error: text }");
    assert.ok(error.length > 0);
  };
  const infer = (body: unknown) => server.post(`${server.model}/infer`, body);
  const spoiled = (change: (input: Tensor) => object) => async () => {
    const [first, ...rest] = await server.inputs();
    await refused(await infer({ inputs: [{ ...first, ...change(first) }, ...rest] }));
  };
  return [
    ["an unknown model is an error", async () => {
      const path = "/v2/models/there-is-no-such-model";
      await refused(await server.ask(path));
      await refused(await server.post(`${path}/infer`, { inputs: await server.inputs() }));
    }],
    ["an unknown version is an error", async () => {
      await refused(await server.ask(`${server.model}/versions/999999999`));
    }],
    ["a body that is no JSON is an error", async () => {
      const headers = { "content-type": "application/json" };
      for (const body of ["", "{", "[]", "null", "{}", '{"inputs": 7}', '{"inputs": [{}]}']) {
        await refused(await server.ask(`${server.model}/infer`, { method: "POST", headers, body }));
      }
    }],
    ["a missing input is an error", async () => await refused(await infer({ inputs: [] }))],
    ["an unknown input is an error", spoiled(() => ({ name: "there-is-no-such-input" }))],
    ["an unknown output is an error", async () => {
      const inputs = await server.inputs();
      await refused(await infer({ inputs, outputs: [{ name: "there-is-no-such-output" }] }));
    }],
    ["an unknown datatype is an error", spoiled(() => ({ datatype: "FP31" }))],
    [
      "too little data for the shape is an error",
      spoiled(({ data = [] }) => ({ data: data.slice(1) })),
    ],
    [
      "too much data for the shape is an error",
      spoiled(({ data = [] }) => ({ data: [...data, 0.5] })),
    ],
    [
      "data that is no number is an error",
      spoiled(({ data = [] }) => ({ data: data.map(() => "x") })),
    ],
    ["a negative size is an error", spoiled(({ shape }) => ({ shape: shape.map(() => -1) }))],
    [
      "a huge size is an error, soon",
      spoiled(({ shape }) => ({ shape: shape.map(() => 2 ** 31) })),
    ],
    [
      "a size beyond 64 bits is an error",
      spoiled(({ shape }) => ({ shape: shape.map(() => 1e300) })),
    ],
    [
      "a size that is no whole number is an error",
      spoiled(({ shape }) => ({ shape: shape.map(() => 1.5) })),
    ],
    [
      "another number of dimensions is an error",
      spoiled(({ shape }) => ({ shape: [...shape, 1, 1] })),
    ],
  ];
}

function binaryChecks(server: Server): NamedCheck[] {
  /** These checks apply only to servers that announce the extension. */
  const withExtension = (run: () => Promise<void>) => async () => {
    const { extensions } = await server.json<{ extensions: string[] }>("/v2");
    if (extensions.includes("binary_tensor_data")) await run();
  };
  const send = (json: object, tail: Uint8Array, length?: string) => {
    const head = new TextEncoder().encode(JSON.stringify(json));
    const headers = {
      "content-type": "application/octet-stream",
      [HEADER_LENGTH]: length ?? `${head.length}`,
    };
    const body = new Uint8Array([...head, ...tail]);
    return server.ask(`${server.model}/infer`, { method: "POST", headers, body });
  };
  const binaryInputs = async () => {
    const inputs = await server.inputs(),
      parts = inputs.map(({ datatype, data }) => pack(datatype, data));
    const described = inputs.map(({ data: _data, ...input }, i) => ({
      ...input,
      parameters: { binary_data_size: parts[i].length },
    }));
    return { described, tail: new Uint8Array(parts.flatMap((part) => [...part])) };
  };
  return [
    [
      "binary inputs are answered as the same numbers in JSON",
      withExtension(async () => {
        const { described, tail } = await binaryInputs();
        const response = await send({ inputs: described }, tail);
        assert.equal(response.status, 200, await response.clone().text());
        assert.deepEqual(
          await response.json(),
          await server.infer({ inputs: await server.inputs() }),
        );
      }),
    ],
    [
      "binary outputs hold the numbers of the JSON ones",
      withExtension(async () => {
        const inputs = await server.inputs();
        const expected = await server.infer({ inputs });
        const { outputs } = await server.metadata();
        const asks = [
          { inputs, parameters: { binary_data_output: true } },
          {
            inputs,
            outputs: outputs.map(({ name }) => ({ name, parameters: { binary_data: true } })),
          },
        ];
        for (const ask of asks) {
          const response = await server.post(`${server.model}/infer`, ask);
          const { answer, tensors } = await unpack(response);
          assert.deepEqual(
            answer.outputs.map(({ name, shape, datatype }, i) => ({
              name,
              shape,
              datatype,
              data: tensors[i],
            })),
            expected.outputs.map(({ name, shape, datatype, data }) => ({
              name,
              shape,
              datatype,
              data,
            })),
          );
        }
      }),
    ],
    [
      "one output may be binary, and another JSON",
      withExtension(async () => {
        const inputs = await server.inputs(),
          { outputs: [first, second] } = await server.metadata();
        if (!second) return;
        const expected = await server.infer({ inputs });
        const response = await server.post(`${server.model}/infer`, {
          inputs,
          outputs: [{ name: first.name, parameters: { binary_data: true } }, { name: second.name }],
        });
        const { answer, tensors } = await unpack(response);
        assert.deepEqual(tensors[0], expected.outputs[0].data);
        assert.deepEqual(answer.outputs[1].data, expected.outputs[1].data);
      }),
    ],
    [
      "lengths that do not fit are errors",
      withExtension(async () => {
        const { described, tail } = await binaryInputs();
        const wrong: [object, Uint8Array, string?][] = [
          [{ inputs: described }, tail.subarray(1)],
          [{ inputs: described }, new Uint8Array([...tail, 0])],
          [{ inputs: described }, new Uint8Array()],
          [{ inputs: described }, tail, "999999999"],
          [{ inputs: described }, tail, "-1"],
          [{ inputs: described }, tail, "x"],
          [{ inputs: await server.inputs() }, tail],
          [{
            inputs: described.map((each) => ({ ...each, parameters: { binary_data_size: 1 } })),
          }, tail],
        ];
        for (const [json, bytes, length] of wrong) {
          const response = await send(json, bytes, length);
          const text = await response.text();
          assert.ok(response.status >= 400 && response.status < 500, `${response.status} ${text}`);
        }
      }),
    ],
  ];
}

if (import.meta.main) {
  const [baseUrl, model, token] = Deno.args;
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  let failed = 0;
  for (const { name, run } of conformanceChecks({ baseUrl, model, headers })) {
    const fault = await run().then(() => undefined, (error) => error);
    if (fault) failed++;
    console.log(
      `${fault ? "FAILED" : "ok    "} ${name}${fault ? `\n       ${fault.message}` : ""}`,
    );
  }
  Deno.exit(failed === 0 ? 0 : 1);
}
