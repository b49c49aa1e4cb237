/** What `--help` prints. Oracle: the commands, which run every example. */
import assert from "node:assert/strict";
import { EXAMPLES } from "../../src/cli/text/examples.ts";
import { VAE } from "../../mod.ts";
import { elbow, elbowOk, Folder, tableCsv } from "./util.ts";

/** Two run until they are stopped; the third needs --unstable-bundle of Deno, and tests/e2e runs it. */
const NOT_RUN = ["serve", "worker", "bundle"];

const helpOf = (...command: string[]) => elbowOk(...command, "--help");

Deno.test("elbow --help lists every command once, by what it is for, and how to read on", async () => {
  const { status, stdout, stderr } = await elbow(["--help"]);
  assert.deepEqual([status, stderr], [0, ""]);
  const listed = [...stdout.matchAll(/^ {2}([a-z]+) .*/gm)].map(([, name]) => name)
    .filter((name) => name !== "elbow");
  assert.deepEqual(listed.toSorted(), Object.keys(EXAMPLES).toSorted());
  const sections = [...stdout.matchAll(/^([A-Z][^:\n]*):$/gm)].map(([, title]) => title);
  assert.deepEqual(sections, [
    "Options",
    "Find anomalies in a table",
    "Keep a model up to date",
    "Use the network",
    "Take a model elsewhere",
    "Serve models, run jobs",
    "Examples",
  ]);
  assert.match(stdout, /^elbow COMMAND --help shows the options of a command, and examples\.$/m);
});

Deno.test("help states choices and defaults in one way, and has examples with options that exist", async () => {
  for (const command of Object.keys(EXAMPLES)) {
    const help = await helpOf(command);
    assert.doesNotMatch(help, /\(choices|\(preset|default: "/, command);
    assert.match(help, /^ {2}-h, --help +print this help$/m, command);
    const [options, examples] = help.split("\nExamples:\n");
    assert.ok(help.startsWith(`Usage: elbow ${command} `), help);
    assert.equal(/^ {2}--json\b/m.test(options), command !== "worker", command);
    assert.equal(examples, EXAMPLES[command].map((line) => `  ${line}\n`).join(""));
    for (const line of EXAMPLES[command]) {
      assert.ok(line.length <= 78, `fits a terminal of 80 characters: ${line}`);
      assert.ok(line.startsWith(`elbow ${command} `), line);
      for (const [flag] of line.matchAll(/--[a-z-]+/g)) {
        assert.match(options, new RegExp(`^  ${flag}\\b`, "m"), line);
      }
    }
  }
  const train = await helpOf("train");
  assert.match(train, /how the file stores its weights \(f32, f16, int8; default: f16\)$/m);
  assert.match(await helpOf("serve"), /address to listen at \(default: 127\.0\.0\.1\)$/m);
});

Deno.test("elbow train --help lists the options of the contract, in groups, and each once", async () => {
  const help = await helpOf("train");
  const titles = [...help.matchAll(/^(The .*|Another .*):$/gm)].map(([, title]) => title);
  assert.equal(titles.length, 6, `${titles}`);
  const flags = [...help.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, flag]) => flag);
  assert.equal(new Set(flags).size, flags.length);
  const contract =
    "out label columns latent hidden likelihood objective beta samples estimator free-bits alpha epochs batch-size " +
    "learning-rate validation seed backend threads checkpoint resume false-alarm-rate";
  assert.deepEqual(contract.split(" ").filter((flag) => !flags.includes(flag)), []);
});

Deno.test("help fits the terminal, and keeps its words", async () => {
  const longerThan = (columns: number, text: string) =>
    text.split("\n").filter((line) => line.length > columns);
  for (const command of [[], ...Object.keys(EXAMPLES).map((name) => [name])]) {
    const on = async (columns: number) =>
      (await elbow([...command, "--help"], { isTerminal: true, columns })).stdout;
    const wide = await helpOf(...command), usual = await on(80);
    assert.deepEqual([...longerThan(100, wide), ...longerThan(80, usual)], []);
    assert.deepEqual(usual.split(/\s+/), wide.split(/\s+/));
    assert.equal(await on(300), wide);
  }
});

Deno.test("help fits a narrow terminal, and keeps its words", async () => {
  const words = (text: string) => text.split("\nExamples:\n")[0].split(/\s+/).join(" ");
  for (const command of Object.keys(EXAMPLES)) {
    const wide = await helpOf(command);
    for (const columns of [40, 60, 72]) {
      const { stdout } = await elbow([command, "--help"], { isTerminal: true, columns });
      const [options] = stdout.split("\nExamples:\n");
      // How a command is typed stays one line.
      const long = options.split("\n").slice(1).filter((line) => line.length > columns);
      assert.deepEqual(long.filter((line) => /\S\s+\S/.test(line.trim())), [], command);
      assert.equal(words(stdout), words(wide), command);
    }
  }
});

/** A series of two columns, as CSV. */
function seriesCsv(steps: number): string {
  const lines = Array.from({ length: steps }, (_, t) => {
    const noise = Math.sin(t * t) / 10;
    return `${(Math.sin(t / 5) + noise).toFixed(4)},${(Math.cos(t / 5) - noise).toFixed(4)}`;
  });
  return ["u,v", ...lines, ""].join("\n");
}

/** The files that the examples name, apart from those that other examples write. */
async function exampleFolder(): Promise<Folder> {
  const folder = new Folder();
  folder.write("sensors.csv", tableCsv(150));
  const labelled = tableCsv(150, { anomalies: 5, label: true }).replace("kind", "fault");
  folder.write("new.csv", labelled);
  folder.write("past.csv", labelled);
  folder.write("series.csv", seriesCsv(1200));
  folder.write("spec.json", '{ "encoder": { "hidden": [8] }, "latent": [{ "size": 2 }] }');
  const images = { inputs: 16, latent: [{ size: 2 }], likelihood: { type: "bernoulli" } } as const;
  const vae = VAE.create(images, { seed: 1 });
  folder.write("digits.safetensors", vae.save());
  vae.dispose();
  const kinds = folder.write(
    "kinds.csv",
    labelled.replace(/normal/g, "0").replace(/anomaly/g, "1"),
  );
  const spec = '{ "latent": [{ "size": 2 }], "condition": 2, "classifier": { "hidden": [4] } }';
  const out = folder.at("kinds.safetensors");
  await elbowOk("train", kinds, "--spec", spec, "--epochs", "2", "--out", out);
  return folder;
}

Deno.test("every example of the help runs", async () => {
  using folder = await exampleFolder();
  for (const [command, lines] of Object.entries(EXAMPLES)) {
    if (NOT_RUN.includes(command)) continue;
    for (const line of lines) {
      const [typed, input] = line.split(" < ");
      const args = typed.split(" ").slice(1).map((word, i, words) =>
        /\.[a-z]+$/.test(word) || words[i - 1] === "--out" ? folder.at(word) : word
      );
      const stdin = () => Deno.readFile(folder.at(input));
      const { status, stderr } = await elbow(args, input === undefined ? {} : { stdin });
      assert.equal(status, 0, `${line}\n${stderr}`);
      const out = args[args.indexOf("--out") + 1];
      if (line.includes("--out")) assert.ok(Deno.statSync(out), line);
    }
  }
});
