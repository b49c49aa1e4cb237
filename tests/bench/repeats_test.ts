/** Which disturbed cases are measured again, and by whom. Oracle: rounds and slow cells whose answer is obvious. */
import { deepEqual } from "node:assert/strict";
import { turnsToRepeat } from "../../bench/lib/repeats.ts";

const turn = (peer: string, kind: string, workload: string, ...cases: string[]) => ({
  peer,
  kind,
  workload,
  cases,
});
const slow = (peer: string, kind: string, workload: string, name: string) => ({
  peer,
  kind,
  workload,
  case: name,
});

Deno.test("a case that only one peer met on a slow machine is measured again by every peer, and no other case is", () => {
  const turns = ["a", "b", "c"].flatMap((peer) => [
    turn(peer, "score", "W1", "1", "64", "1024"),
    turn(peer, "score", "W2", "1", "64", "1024"),
    turn(peer, "train", "W1", "32", "64"),
  ]);
  const cells = [slow("b", "score", "W1", "64"), slow("c", "train", "W1", "32")];
  deepEqual(turnsToRepeat(turns, cells), [
    turn("a", "score", "W1", "64"),
    turn("a", "train", "W1", "32"),
    turn("b", "score", "W1", "64"),
    turn("b", "train", "W1", "32"),
    turn("c", "score", "W1", "64"),
    turn("c", "train", "W1", "32"),
  ]);
});

Deno.test("a case that several peers met on a slow machine is measured again once by each, in the order of the round", () => {
  const turns = ["a", "b"].map((peer) => turn(peer, "score", "W1", "1", "64"));
  const cells = ["64", "1", "64"].map((name, i) => slow(`${i}`, "score", "W1", name));
  deepEqual(turnsToRepeat(turns, cells), turns);
  deepEqual(turnsToRepeat(turns, []), []);
});

Deno.test("a peer that was not asked for a case is not asked for it again", () => {
  const turns = [turn("a", "score", "W1", "1"), turn("b", "score", "W1", "1", "64")];
  deepEqual(turnsToRepeat(turns, [slow("b", "score", "W1", "64")]), [
    turn("b", "score", "W1", "64"),
  ]);
});

Deno.test("a cold start is measured again as a whole, because its parts come from one process", () => {
  const parts = ["ready", "first score", "next 99"];
  const turns = ["a", "b"].map((peer) => turn(peer, "cold", "W3", ...parts));
  deepEqual(turnsToRepeat(turns, [slow("a", "cold", "W3", "next 99")]), turns);
});
