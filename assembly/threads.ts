/**
 * The instruction loop, alone or with helpers. Threads are instances of this module over one memory.
 *
 * The first thread walks the list. An instruction that is worth sharing is offered as tiles (split.ts) through one
 * word, the ticket: the record's address, the number of tiles, and how many were taken from the back and from the
 * front. A thread takes a tile by adding to the ticket. It may do so at any time, because the old value says what it
 * got. The first thread also takes tiles, then waits only for tiles that others have started, so a helper that is not
 * scheduled, or has died, costs nothing.
 *
 * The first thread takes tiles from the front and helpers from the back, so a thread mostly finds in its caches the
 * rows that it wrote in the previous instruction. A chunked program has scratch memory per thread.
 *
 * Waiting is a bounded spin, then sleep. The next offer wakes threads that sleep on the ticket, but only if there are
 * any, so busy runs make no system calls.
 *
 * Words written by different threads are in different cache lines. All accesses to them are sequentially consistent,
 * and whatever a thread wrote before is visible to threads that read them.
 */
import * as op from "./opcodes.gen";
import { execute, executeList } from "./program";
import { record, setRecord } from "./record";
import { cut, tilesOf } from "./split";
import { tileRecord, useWorkspace, writeOnlyWord } from "./workspace";

const CONTROL = memory.data(3 * 64, 64);
/**
 * Record's address (32 bits), tiles (10), taken from the back (11) and from the front (11). Closed once all are taken.
 */
const TICKET: usize = CONTROL;
const TILE_BITS: i32 = 10, TAKEN_BITS: i32 = 11;
const FROM_FRONT: u64 = 1, FROM_BACK: u64 = 1 << TAKEN_BITS;
const MAX_TILES: i32 = (1 << TILE_BITS) - 1;
/** Number of offered tiles that are finished, and whether the first thread is waiting for that to change. */
const DONE: usize = CONTROL + 64;
const IS_WAITED_FOR: usize = CONTROL + 68;
/** Written only rarely, or between offers. */
const BATCH_ROWS: usize = CONTROL + 128;
const HELPERS: usize = CONTROL + 132;
const SLEEPERS: usize = CONTROL + 136;
const HAS_FAILED: usize = CONTROL + 140;

/** No record is at address 1. Threads may add to this value before reading it without changing its meaning. */
const DISMISSED: u64 = 1 << 32;

/**
 * Reads before sleeping: some 100 microseconds, the usual time between two shared instructions of a run. Waking costs 5
 * or more.
 */
const READS_BEFORE_SLEEP: i32 = 100_000;
/** How often the first thread checks, while sleeping, whether a helper has failed, nanoseconds. */
const FAILURE_CHECK_NS: i64 = 100_000_000;
/** More tiles than threads, so that a delayed thread takes fewer. */
const TILES_PER_THREAD: i32 = 2;

// State of the first thread's instance.
let tileWork: f32 = 0;
let maySleep: bool = false;
let isAlone: bool = false;
/** The number of this thread; 0 is the first. */
let threadNumber: i32 = 0;

/**
 * @param work the minimum work of a tile, in picoseconds as in the records' costs
 * @param sleep whether this thread may sleep: a browser's main thread may not
 */
export function lead(work: i32, sleep: bool): void {
  tileWork = <f32>work;
  maySleep = sleep;
}

/** Executes `count` records at `list` over `batch` rows. */
export function run(list: usize, count: i32, batch: i32): void {
  const helpers = isAlone ? 0 : atomic.load<i32>(HELPERS);
  if (helpers == 0) return executeList(list, count, batch);
  const end = list + <usize>count * op.RECORD_BYTES;
  store<i32>(BATCH_ROWS, batch);
  for (let each = list; each < end; each += op.RECORD_BYTES) {
    setRecord(each, batch);
    const tiles = tilesOf(tileWork, min((helpers + 1) * TILES_PER_THREAD, MAX_TILES));
    if (tiles == 1) execute();
    else share(tiles);
  }
}

/** Whether a run would share any instruction. */
export function isWorthSharing(list: usize, count: i32, batch: i32): bool {
  for (let i = 0; i < count; i++) {
    setRecord(list + <usize>i * op.RECORD_BYTES, batch);
    if (tilesOf(tileWork, 2) > 1) return true;
  }
  return false;
}

/** The number of helpers that have joined. */
export function helpers(): i32 {
  return atomic.load<i32>(HELPERS);
}

/** Stops all helpers, including any that have yet to join; later runs are on this thread only. */
export function dismiss(): void {
  isAlone = true;
  atomic.store<u64>(TICKET, DISMISSED);
  atomic.notify(TICKET, -1);
}

/** Makes this instance a helper with its own workspace. */
export function join(workspace: usize): void {
  useWorkspace(workspace);
  threadNumber = atomic.add<i32>(HELPERS, 1) + 1;
}

/** Takes tiles until dismissed. */
export function help(): void {
  while (awaitOffer()) takeTiles(FROM_BACK);
  atomic.sub<i32>(HELPERS, 1);
}

/** Tells the first thread that a tile taken by this thread will never be finished. */
export function fail(): void {
  atomic.store<i32>(HAS_FAILED, 1);
}

/** Executes the current record, shared with available helpers. */
function share(tiles: i32): void {
  atomic.store<i32>(DONE, 0);
  atomic.store<u64>(TICKET, (<u64>record() << 32) | (<u64>tiles << (2 * TAKEN_BITS)));
  if (atomic.load<i32>(SLEEPERS)) atomic.notify(TICKET, tiles - 1);
  takeTiles(FROM_FRONT);
  awaitTiles(tiles);
}

/** Takes and executes tiles from one end until none are left. */
function takeTiles(end: u64): void {
  for (;;) {
    const ticket = atomic.add<u64>(TICKET, end);
    if (!isOpen(ticket)) return;
    const tiles = tilesOffered(ticket);
    const tile = end == FROM_FRONT ? takenFromFront(ticket) : tiles - 1 - takenFromBack(ticket);
    setRecord(<usize>(ticket >> 32), load<i32>(BATCH_ROWS));
    cut(tileRecord(), tile, tiles, threadNumber);
    setRecord(tileRecord(), load<i32>(BATCH_ROWS));
    execute();
    atomic.add<i32>(DONE, 1);
    if (atomic.load<i32>(IS_WAITED_FOR)) atomic.notify(DONE, 1);
  }
}

/** Waits for the tiles that other threads have started. */
function awaitTiles(tiles: i32): void {
  for (let i = 0; i < READS_BEFORE_SLEEP; i++) if (readShared<i32>(DONE) == tiles) return;
  atomic.store<i32>(IS_WAITED_FOR, 1);
  for (;;) {
    const done = readShared<i32>(DONE);
    if (done == tiles) break;
    if (readShared<i32>(HAS_FAILED)) unreachable();
    if (maySleep) atomic.wait<i32>(DONE, done, FAILURE_CHECK_NS);
  }
  atomic.store<i32>(IS_WAITED_FOR, 0);
}

/** Waits until there are tiles to take. @returns true, or false once dismissed */
function awaitOffer(): bool {
  for (;;) {
    let ticket: u64 = 0;
    for (let i = 0; i < READS_BEFORE_SLEEP; i++) {
      ticket = readShared<u64>(TICKET);
      if (isOpen(ticket)) return true;
    }
    if (ticket >> 32 == DISMISSED >> 32) return false;
    atomic.add<i32>(SLEEPERS, 1);
    // Returns at once if there has been a new offer.
    atomic.wait<u64>(TICKET, ticket, -1);
    atomic.sub<i32>(SLEEPERS, 1);
  }
  return false;
}

/**
 * Reads a word that another thread may change at any time. The store, to memory that nobody reads, stops Binaryen from
 * hoisting the load out of a loop without writes. Version 131 does so although the load is atomic, and the loop never
 * ends.
 */
@inline
function readShared<T>(address: usize): T {
  store<i32>(writeOnlyWord(), 0);
  return atomic.load<T>(address);
}

@inline
function takenFromFront(ticket: u64): i32 {
  return <i32>ticket & ((1 << TAKEN_BITS) - 1);
}

@inline
function takenFromBack(ticket: u64): i32 {
  return <i32>(ticket >> TAKEN_BITS) & ((1 << TAKEN_BITS) - 1);
}

@inline
function tilesOffered(ticket: u64): i32 {
  return <i32>(ticket >> (2 * TAKEN_BITS)) & MAX_TILES;
}

@inline
function isOpen(ticket: u64): bool {
  return takenFromFront(ticket) + takenFromBack(ticket) < tilesOffered(ticket);
}
