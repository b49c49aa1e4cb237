/** The results for peers in `docs/performance.md`: goals, then every table. */
import { markdownTable, type Row } from "../../scripts/lib/table.ts";
import { GOALS, judge, judgeTail, type PeerCell, TAIL } from "../lib/goals.ts";
import type { MachineReport } from "../lib/machine.ts";
import { duration, figure, roundsText, times } from "../lib/units.ts";
import { casesOf, GEMM_SHAPES, type Kind, KINDS, WORKLOADS } from "../lib/workloads.ts";
import type { LeftOut } from "./check_peers.ts";

/** `bench/results/peers.json`. */
export interface PeersResults {
  readonly date: string;
  readonly machine: MachineReport;
  readonly rounds: number;
  readonly seconds: number;
  readonly peers: readonly { readonly name: string; readonly [detail: string]: string | number }[];
  readonly absent: readonly LeftOut[];
  readonly cells: readonly PeerCell[];
}

export function peersPage(results: PeersResults): string {
  return [
    heading(results),
    "Ratios of times, the rival's over ours: quiet to quiet, typical to typical; the worst cell where there are several.",
    goals(results.cells),
    ...KINDS.filter((kind) => kind !== "gemm").flatMap((kind) => tablesOf(kind, results)),
    products(results),
  ].filter((part) => part !== "").join("\n\n");
}

function heading({ date, machine, rounds, seconds, peers, absent, cells }: PeersResults): string {
  const best = Math.max(...cells.map(({ probe }) => probe.best));
  const said = peers.map(({ name, ...about }) =>
    `${name} (${Object.entries(about).map(([key, value]) => `${key} ${value}`).join(", ")})`
  );
  return [
    `${
      date.slice(0, 10)
    }, ${machine.cpu}, ${machine.cores} cores, ${machine.os}, Deno ${machine.deno}; ` +
    `${roundsText(rounds, seconds)}; probe at best ${figure(best)} GFLOP/s a core.`,
    `Peers: ${said.join("; ")}.`,
    absent.length === 0 ? "Nothing was left out." : "Left out:\n\n" +
      absent.map(({ what, reason }) => `- ${what}: ${oneLine(reason)}`).join("\n"),
  ].join("\n\n");
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, " ").trim();

function goals(cells: readonly PeerCell[]): string {
  const rows = GOALS.map((goal): Row => {
    const verdict = judge(goal, cells);
    const who = goal.ours === "elbow-2t" ? `${goal.what}, ours on 2 threads` : goal.what;
    if (!verdict) return [goal.number, who, "–", "–", `≥ ${goal.floor}`, "not measured"];
    const { quiet, typical, met } = verdict;
    return [goal.number, who, times(quiet), times(typical), `≥ ${goal.floor}`, met ? "yes" : "no"];
  });
  const tail = judgeTail(cells);
  if (tail) {
    const { typical, met } = tail;
    rows.push([
      TAIL.number,
      TAIL.what,
      "",
      times(typical),
      `≤ ${TAIL.ceiling}`,
      met ? "yes" : "no",
    ]);
  }
  return markdownTable(["#", "goal", "quiet", "typical", "floor", "met"], rows, [2, 3, 4]);
}

function tablesOf(kind: Kind, { cells, peers }: PeersResults): string[] {
  return casesOf(kind).map((name) => {
    const some = cells.filter((cell) => cell.kind === kind && cell.case === name);
    const workloads = WORKLOADS.map((each) => each.name)
      .filter((workload) => some.some((cell) => cell.workload === workload));
    const tail = kind === "score" && name === "1";
    const rows = peers.flatMap((peer): Row[] => {
      const mine = workloads.map((workload) =>
        some.find((cell) => cell.peer === peer.name && cell.workload === workload)
      );
      if (mine.every((cell) => cell === undefined)) return [];
      return [[peer.name, ...mine.map((cell) => cell ? show(cell, tail) : "–")]];
    });
    if (rows.length === 0) return "";
    const title = `### ${TITLES[kind]}${kind === "cold" ? name : `batch ${name}`}`;
    const unit = `typical / quiet${tail ? " / p99" : ""}`;
    const right = workloads.map((_, i) => i + 1);
    return `${title}: ${unit}\n\n${markdownTable(["peer", ...workloads], rows, right)}`;
  });
}

const TITLES: Readonly<Record<Kind, string>> = {
  score: "Score, ",
  train: "Training step, ",
  iwae: "IWAE step of 50 draws, ",
  cold: "Cold start, ",
  gemm: "",
};

function show({ typical, quiet, p99 }: PeerCell, tail: boolean): string {
  return [typical, quiet, ...tail ? [p99] : []].map(duration).join(" / ");
}

function products({ cells, peers }: PeersResults): string {
  const rows = peers.flatMap(({ name }): Row[] => {
    const mine = GEMM_SHAPES.map((shape) => {
      const cell = cells.find((each) =>
        each.kind === "gemm" && each.peer === name && each.case === shape.join("x")
      );
      const rate = (ms: number) => figure(2 * shape[0] * shape[1] * shape[2] / ms / 1e6);
      return cell && `${rate(cell.typical)} / ${rate(cell.quiet)}`;
    });
    return mine.every((cell) => cell === undefined)
      ? []
      : [[name, ...mine.map((cell) => cell ?? "–")]];
  });
  if (rows.length === 0) return "";
  const head = ["peer", ...GEMM_SHAPES.map((shape) => shape.join("x"))];
  const table = markdownTable(head, rows, GEMM_SHAPES.map((_, i) => i + 1));
  return `### Products, GFLOP/s: typical / quiet\n\n${table}`;
}
