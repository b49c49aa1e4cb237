/**
 * Elbow beside its peers on the same work: scores, training steps, products, cold starts. Every figure comes from a new
 * process; the peers take turns; single-threaded ones are pinned to one core.
 *
 *     deno task bench:peers [--quick] [--rounds N] [--seconds S] [--only W1,score,64,elbow,torch-1t]
 *
 * `--only` names workloads, kinds, cases and peers; a sort that is not named is measured whole. A run without `--quick`
 * and `--only` takes some 25 minutes and is published: see `lib/publish.ts`.
 */
import { parseArgs } from "node:util";
import { turnsToRepeat } from "./lib/repeats.ts";
import { Collected } from "./lib/collected.ts";
import type { PeerCell } from "./lib/goals.ts";
import { setUp } from "../scripts/setup.ts";
import { openPinning, type Pinning, pinSelf, reportMachine } from "./lib/machine.ts";
import { openProbe } from "./lib/probe.ts";
import { publish } from "./lib/publish.ts";
import { select } from "./lib/selection.ts";
import { runChild } from "./lib/spawn.ts";
import type { Cell, Probe, Rates, Samples } from "./lib/statistics.ts";
import { casesOf, IWAE, type Kind, KINDS, layersOf, ONLY_ON, WORKLOADS } from "./lib/workloads.ts";
import { type Answer, CHECK, type Request } from "./peers/peer.ts";
import { checkPeers, type LeftOut, type RunnablePeer } from "./peers/check_peers.ts";
import { writeOnnxFiles } from "./peers/onnx.ts";
import { peersPage, type PeersResults } from "./peers/page.ts";
import { prepare } from "./peers/prepare.ts";
import { type Entry, PYTORCH, ROSTER } from "./peers/roster.ts";

/** Cold starts are short and noisy, so there are this many in each round. */
const COLD_STARTS = 4;
/** After the rounds, cases in which all of a peer's runs met a slow machine are measured again, at most this often. */
const MORE_TURNS = 3;
/** Probes before and after a child that has none. */
const PROBES = 5;

/** One child's work: a peer, and a kind of work on a workload. */
interface Turn {
  readonly peer: RunnablePeer;
  readonly kind: Kind;
  readonly workload: string;
  readonly cases: readonly string[];
}

/** What identifies a cell. */
type At = Omit<PeerCell, keyof Cell>;

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    seconds: { type: "string" },
    only: { type: "string", default: "" },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3));
const seconds = Number(options.seconds ?? (options.quick ? 0.15 : 0.4));
const selection = select(options.only.split(",").filter((word) => word !== ""), {
  workload: WORKLOADS.map(({ name }) => name),
  kind: KINDS,
  case: KINDS.flatMap(casesOf),
  peer: ROSTER.map(({ name }) => name),
});

let folder = "";

async function main(pinning: Pinning): Promise<void> {
  const machine = reportMachine(pinning);
  console.log(`${machine.cpu}, ${machine.cores} cores; preparing`);
  await prepare(folder);
  await writeOnnxFiles(folder);
  await setUp([PYTORCH]);
  const entries = ROSTER.filter(({ name }) => selection.has("peer", name));
  const { present, absent } = await checkPeers(entries, folder, requestOf, pinning);
  await pinSelf(pinning);
  const probe = await openProbe(await Deno.readFile(`${folder}/probe.wasm`));
  const collected = new Collected<At>();
  const failed: LeftOut[] = [];
  const takeAll = async (turns: readonly Turn[], when: string) => {
    for (const turn of turns) {
      const what = `${when} ${turn.kind} ${turn.workload}`.padEnd(18);
      const { name } = turn.peer.entry;
      // One process that hangs or crashes must not cost the others their figures.
      const said = await take(turn, collected, probe, pinning).catch((error: Error) => {
        failed.push({ what: `${name}, ${what.trimEnd()}`, reason: error.message });
        return `FAILED: ${error.message}`;
      });
      console.log(`${what} ${name.padEnd(14)} ${said}`);
    }
  };
  for (let round = 0; round < rounds; round++) {
    await takeAll(turnsOf(present, round), `round ${round + 1}`);
  }
  for (let more = 0; more < MORE_TURNS && !options.quick; more++) {
    await takeAll(turnsToRepeat(turnsOf(present, 0), collected.disturbed()), "again");
  }
  const results: PeersResults = {
    date: new Date().toISOString(),
    machine,
    rounds,
    seconds,
    peers: present.map(({ entry, about }) => ({ name: entry.name, ...about })),
    absent: [...absent, ...failed],
    cells: collected.cells(),
  };
  const whole = !options.quick && options.only === "";
  await publish("peers", results, peersPage(results), whole);
}

/** A round: each kind on each workload, and for it every peer in turn. */
function turnsOf(present: readonly RunnablePeer[], round: number): Turn[] {
  const kinds = KINDS.filter((kind) => selection.has("kind", kind));
  return kinds.flatMap((kind) =>
    workloadsOf(kind).flatMap((workload) =>
      present
        .filter(({ kinds, entry }) => kinds.includes(kind) && round < (entry.rounds ?? rounds))
        .map((peer) => {
          const cases = casesOf(kind).filter((name) => selection.has("case", name));
          return { peer, kind, workload, cases };
        })
    )
  );
}

function workloadsOf(kind: Kind): string[] {
  if (kind === "gemm") return selection.has("workload", "") ? [""] : [];
  const names = WORKLOADS.map(({ name }) => name);
  return names
    .filter((name) => name === (ONLY_ON[kind] ?? name) && selection.has("workload", name));
}

function requestOf(
  { threads, variant }: Entry,
  kind: Kind | "check",
  workload: string,
  cases: readonly string[] = [],
): Request {
  return {
    kind,
    workload,
    threads,
    variant,
    folder,
    seconds,
    cases,
    constants: {
      samples: IWAE.samples,
      check: CHECK,
      workloads: Object.fromEntries(
        WORKLOADS.map((each) => [each.name, { ...each, layers: layersOf(each) }]),
      ),
    },
  };
}

/** Runs one child. @returns what to report about it */
async function take(
  turn: Turn,
  collected: Collected<At>,
  probe: Probe,
  pinning: Pinning,
): Promise<string> {
  const { peer: { entry, program }, kind, workload, cases } = turn;
  const request = requestOf(entry, kind, workload, cases);
  const starts = kind === "cold"
    ? Array.from({ length: COLD_STARTS }, () => cases)
    : entry.apart
    ? cases.map((name) => [name])
    : [cases];
  const start = performance.now();
  for (const some of starts) {
    if (some.length === 0) continue;
    const before = severalOf(probe);
    const asked: Request = { ...request, cases: some };
    const answers = await runChild<Answer>(program, asked, pinning);
    collect(collected, turn, answers, [...before, ...severalOf(probe)]);
  }
  const spent = ((performance.now() - start) / 1000).toFixed(1);
  const figures = collected.latest((at) =>
    at.peer === entry.name && at.kind === kind && at.workload === workload
  );
  return `${figures} (${spent} s)`;
}

function severalOf(probe: Probe): Rates[] {
  return Array.from({ length: PROBES }, probe);
}

/** @param probes before and after the child, if it has none of its own */
function collect(
  collected: Collected<At>,
  { peer: { entry: { name: peer } }, kind, workload }: Turn,
  answers: readonly Answer[],
  probes: readonly Rates[],
): void {
  const put = (name: string, samples: Samples) =>
    collected.add(
      { peer, kind, workload, case: name },
      samples.probes.length > 0 ? samples : { ...samples, probes },
    );
  for (const answer of answers) {
    if ("case" in answer) put(answer.case, answer);
    if (!("cold" in answer)) continue;
    const { ready, firstScore, next99 } = answer.cold;
    put("ready", { ms: [ready], probes });
    put("first score", { ms: [firstScore], probes });
    put("next 99", { ms: [next99], probes });
  }
}

folder = await Deno.makeTempDir();
try {
  await main(await openPinning());
} finally {
  await Deno.remove(folder, { recursive: true });
}
