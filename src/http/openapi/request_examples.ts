/**
 * A body for each operation that takes JSON, by its id. The OpenAPI document and its page show them, and the tests send
 * them. They query the pump detector of docs/http.md: speed, flow and pressure, two latent variables.
 */
type Example = Readonly<Record<string, unknown>>;

const rows = [[1450, 43.6, 3.15]];

const EXAMPLES: Readonly<Record<string, Example>> = {
  score: { rows, falseAlarmRate: 0.05 },
  encode: { rows },
  decode: { rows: [[0.5, -0.5]] },
  reconstruct: { rows: [{ speed: 1450, flow: 31, pressure: 3.1 }] },
  sample: { count: 2, seed: 7 },
  classify: { rows },
  "log-likelihood": { rows, samples: 500 },
  setAlias: { model: "pump", version: 1 },
  train: { upload: "sensors.csv", label: "fault", epochs: 20 },
  scoreJob: { upload: "sensors.csv", falseAlarmRate: 0.01 },
  infer: { inputs: [{ name: "x", datatype: "FP64", shape: [1, 3], data: [1450, 43.6, 3.15] }] },
};

/** The example of an operation; operations at a version share it. */
export function requestExample(id: string): Example | undefined {
  return EXAMPLES[id.replace(/AtVersion$/, "")];
}

/** Values for the parameters of a path. */
const PLACES: Readonly<Record<string, string>> = { name: "pump", version: "1", alias: "latest" };

/**
 * The curl command that calls an operation.
 * @param path with its parameters in braces, and the prefix it is mounted under
 */
export function curlLine(
  { id, method, path, types = [], hasToken }: {
    readonly id: string;
    readonly method: string;
    readonly path: string;
    readonly types?: readonly string[];
    readonly hasToken: boolean;
  },
): string {
  const example = requestExample(id), isUpload = path.includes("/uploads/");
  const file = isUpload ? "sensors.csv" : "pump.safetensors";
  const places = isUpload ? { name: file } : PLACES;
  const address = path.replace(/\{(\w+)\}/g, (_, place) => places[place as "name"] ?? "$ID");
  const send = example
    ? method === "post" ? "" : `-X ${method.toUpperCase()}`
    : method === "put"
    ? `-T ${file}`
    : method === "delete"
    ? "-X DELETE"
    : "";
  return [
    `curl ${path.endsWith("/events") ? "-N " : ""}"$URL${address}"`,
    send,
    hasToken ? '-H "authorization: Bearer $TOKEN"' : "",
    method === "put" && !example
      ? `-H 'content-type: ${isUpload ? "text/csv" : types[0]}'`
      : example
      ? `--json '${JSON.stringify(example)}'`
      : "",
  ].filter((part) => part !== "").join(" ");
}
