/**
 * Columns of times of day without their dates, and clocks that stand still. Oracles: circles by hand, and a planted
 * fault.
 */
import assert from "node:assert/strict";
import { parseTimestamp } from "../../src/core/timestamp.ts";
import { Detector } from "../../src/detection/detector.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { normal } from "../../src/core/random/draws.ts";
import { cellsOf, elbow, elbowOk, Folder, QUICK, refused } from "./util.ts";

/** 18:05:00 */
const textOf = (second: number) => new Date(1000 * second).toISOString().slice(11, 19);

/** A load that follows the time of day, read at any time. */
function readings(rows: number, seed: number): { at: string; load: number; noise: number }[] {
  const random = new HostRandom(seed, 0, 7);
  return Array.from({ length: rows }, () => {
    const second = random.below(86_400);
    const load = 10 + 5 * Math.cos(2 * Math.PI * second / 86_400) + normal(random) / 4;
    return { at: textOf(second), load: Number(load.toFixed(3)), noise: normal(random) };
  });
}

const csv = (rows: ReturnType<typeof readings>) =>
  ["at,load,noise", ...rows.map(({ at, load, noise }) => `${at},${load},${noise}`), ""].join("\n");

Deno.test("a text without a date is a time of day where it was declared or inferred, and nowhere else", () => {
  const of = (text: string) => parseTimestamp(text, "time");
  assert.equal(of("18:05"), 18 * 3600 + 300);
  assert.equal(of(" 6:05:07.5 pm"), 18 * 3600 + 307.5);
  assert.equal(of("00:00:00"), 0);
  for (const text of ["24:00", "18", "18:60", "Z", "+01", "", "2024-01-01 10:00", "18.05"]) {
    assert.ok(Number.isNaN(of(text)), text);
  }
  assert.ok(Number.isNaN(parseTimestamp("18:05")));
  assert.ok(Number.isNaN(parseTimestamp("18:05", "dmy")));
});

Deno.test("times of day are read as a circle: a load that does not belong to its hour is flagged, midnight is no edge", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", csv(readings(1500, 1))), model = folder.at("m");
  await elbowOk("train", data, "--out", model);
  assert.match(await elbowOk("inspect", model), /^ +at +timestamp, time$/m);
  const rows = [
    { at: "00:00:30", load: 15, noise: 0 },
    { at: "23:59:30", load: 15, noise: 0 },
    { at: "12:00:00", load: 5, noise: 0 },
    { at: "12:00:00", load: 15, noise: 0 },
  ];
  const out = folder.at("s.csv"), fresh = folder.write("f.csv", csv(rows));
  const { stdout } = await elbow(["score", model, fresh, "--explain", "--out", out]);
  const scored = cellsOf(Deno.readTextFileSync(out).replace(/".*"/g, "why"));
  assert.deepEqual(scored.slice(1).map(([, , , anomaly]) => anomaly), [
    "false",
    "false",
    "false",
    "true",
  ]);
  const [before, after] = scored.slice(1).map(([, score]) => Number(score));
  assert.ok(Math.abs(before - after) < 0.5, `${before} and ${after}`);
  assert.match(stdout, /load 15\.\d+, expected [45]\.\d+ /);
  assert.match(stdout, /at 12:00:00$/m);
  const detector = await Detector.load(await Deno.readFile(model));
  const told = await detector.score(rows);
  assert.equal(`${told[3].score}`, scored[4][1], "rows of a program are read alike");
  assert.match(await elbowOk("report", data), /^at +timestamp .* 1[12]:\d\d:\d\d +23:\d\d:\d\d /m);
  // Later tables must have times, too.
  const wrong = folder.write("w.csv", "at,load,noise\n25:00,1,1\n");
  assert.match(await refused("score", model, wrong), /expected a time such as 18:00:00/);
});

Deno.test("texts that may be durations stay text, and train says how to declare them", async () => {
  using folder = new Folder();
  const rows = readings(120, 2).map((row, r) => ({ ...row, at: textOf(60 * (1 + r * 7 % 90)) }));
  const data = folder.write("t.csv", csv(rows)), train = ["train", data, "--out", folder.at("m")];
  const { stderr } = await elbow([...train, ...QUICK]);
  const said = /"at" looks like times of day or durations.* \((--column) (at=timestamp:time)\)/
    .exec(stderr)!;
  const declared = await elbow([...train, ...QUICK, said[1], said[2]]);
  assert.equal(declared.status, 0, declared.stderr);
  assert.match(declared.stderr, /no times in 22 of the 24 hours of the day \(UTC\)/);
  assert.doesNotMatch(declared.stderr, /days of the week|looks like/);
});

Deno.test("times of day do not lay out a series, and neither does a clock that stands still", async () => {
  using folder = new Folder();
  const steps = readings(200, 3).map((row, r) => ({ ...row, at: textOf(3600 * (r % 24)) }));
  const data = folder.write("t.csv", csv(steps)), out = ["--out", folder.at("m"), "--window", "4"];
  const { stderr } = await elbow(["train", data, ...out]);
  assert.match(
    stderr,
    /"at" is not trained on: it says at which time of day .*=timestamp:time keeps/,
  );
  assert.doesNotMatch(stderr, /laid out|another series|gap/);
  assert.match(
    await refused("train", data, ...out, "--clock", "at"),
    /Cannot use --clock at: expected times with their dates in .*, got "00:00:00"$/m,
  );
  const still = folder.write(
    "still.csv",
    ["ts,x", ...steps.map(({ load }) => `1700000000,${load}`), ""].join("\n"),
  );
  const constant = await elbow(["train", still, ...out]);
  assert.equal(constant.status, 0, constant.stderr);
  assert.match(constant.stderr, /column "ts" never changes/);
  assert.doesNotMatch(constant.stderr, /"ts" is not trained on|times of "ts"/);
});
