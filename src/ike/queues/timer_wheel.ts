/**
 * Deadlines of very many items: a hierarchical timing wheel (Varghese, Lauck), with a heap for those that are next. To arm or disarm one costs the same
 * however many there are, and nothing is made for it but places in arrays. Items come out in the order of their deadlines, as from the heap.
 *
 * A slot of the wheel stands for a span of time: those of the lowest level for a tick, those of each level above for 64 slots of the one below. When
 * the time of a slot comes, its items move to a level below, or from the lowest into the heap; a call moves a bounded number of them.
 *
 * @module
 */
import { type Timed, TimerHeap } from "./timer_heap.ts";

/** Milliseconds of a slot on the lowest level. */
const TICK_MS = 256;
const BITS_OF_LEVEL = 6;
const SLOTS_OF_LEVEL = 2 ** BITS_OF_LEVEL;
const LEVELS = 5;
/** Eight years from where the clock begins: later deadlines stand in the last slot, and those after it in the heap. */
const LAST_TICK = 2 ** (BITS_OF_LEVEL * LEVELS) - 1;
const BITS_OF_WORD = 32;

/** Items that one call moves. */
const MOVED_AT_ONCE = 64;

/** Places in the wheel are numbers from this on, after all that the heap has: the place in a slot, times {@link STRIDE}, and the slot. */
const STRIDE = 512;
const IN_WHEEL = -2;

export class TimerWheel<Item extends Timed> {
  readonly #next = new TimerHeap<Item>();
  readonly #slots: Item[][] = Array.from({ length: LEVELS * SLOTS_OF_LEVEL }, () => []);
  /** The earliest deadline that was put into a slot since it was empty: no item there has an earlier one. */
  readonly #earliestOf = new Float64Array(LEVELS * SLOTS_OF_LEVEL).fill(Infinity);
  /** A bit for each slot that has items; two words for each level. */
  readonly #taken = new Int32Array(2 * LEVELS);
  /** All items of this tick and of those before are in the heap, unless they are in the slot that is being emptied. */
  #tick = 0;
  /** The tick up to which was last asked. */
  #end = 0;
  /** The slot whose time has come, while items are left in it; -1: none. */
  #emptied = -1;
  #size = 0;

  /** How many deadlines wait. */
  get size(): number {
    return this.#size + this.#next.size;
  }

  /**
   * When to call {@link takeDue}: not after the earliest deadline. It may be a little earlier, when that one was disarmed, or another call is needed to
   * move items.
   */
  get earliest(): number | undefined {
    const next = this.#next.earliest;
    if (this.#emptied === -1) return next ?? (this.#size === 0 ? undefined : this.#earliestOf[this.#firstTaken()]);
    // What was set since its time came may be due long before all that is left in it.
    return Math.min(next ?? Infinity, this.#earliestOf[this.#emptied], this.#earliestOf[this.#firstTaken()]);
  }

  /** Whether the last call of {@link takeDue} has left items to move that may be due. */
  get isTurning(): boolean {
    return this.#emptied !== -1 || this.#tick < this.#end;
  }

  /** Sets the one deadline of an item, or moves it. */
  arm(item: Item, deadline: number): void {
    if (item.heapPosition <= IN_WHEEL) this.#takeOut(item);
    const tick = tickOf(deadline);
    if (tick <= this.#tick) return this.#next.arm(item, deadline);
    if (item.heapPosition >= 0) this.#next.disarm(item);
    this.#putIn(item, deadline, tick);
  }

  /** Takes an item's deadline out, if it has one. */
  disarm(item: Item): void {
    if (item.heapPosition <= IN_WHEEL) this.#takeOut(item);
    else this.#next.disarm(item);
  }

  /** Takes out the item with the earliest deadline, if that is not after `now`. Where there is none it may have to be asked again: {@link isTurning}. */
  takeDue(now: number): Item | undefined {
    this.#end = tickOf(now);
    if (this.#emptied === -1) {
      const due = this.#next.takeDue(now);
      if (due !== undefined) return due;
      this.#turn();
    }
    this.#empty();
    return this.#emptied === -1 ? this.#next.takeDue(now) : undefined;
  }

  clear(): void {
    this.#next.clear();
    for (const slot of this.#slots) {
      for (const item of slot.splice(0)) {
        item.armedFor = Infinity;
        item.heapPosition = -1;
      }
    }
    this.#earliestOf.fill(Infinity);
    this.#taken.fill(0);
    this.#size = 0;
    this.#emptied = -1;
  }

  /** Goes on to the next slot that has items, if its time has come, and else to the end. */
  #turn(): void {
    if (this.#end <= this.#tick) return;
    const slot = this.#size === 0 ? -1 : this.#firstTaken();
    const start = slot === -1 ? Infinity : this.#startOf(slot);
    if (start > this.#end) this.#tick = this.#end;
    else {
      this.#tick = start;
      this.#emptied = slot;
    }
  }

  /** Moves some items of the slot whose time has come. */
  #empty(): void {
    if (this.#emptied === -1) return;
    const items = this.#slots[this.#emptied];
    for (let moved = 0; moved < MOVED_AT_ONCE && items.length > 0; moved++) {
      const item = items[items.length - 1];
      const { armedFor } = item;
      this.#takeOut(item);
      const tick = tickOf(armedFor);
      if (tick <= this.#tick) this.#next.arm(item, armedFor);
      else this.#putIn(item, armedFor, tick);
    }
    if (items.length === 0) this.#emptied = -1;
  }

  #putIn(item: Item, deadline: number, tick: number): void {
    const slot = this.#slotOf(tick);
    const items = this.#slots[slot];
    item.armedFor = deadline;
    item.heapPosition = IN_WHEEL - (items.push(item) - 1) * STRIDE - slot;
    if (deadline < this.#earliestOf[slot]) this.#earliestOf[slot] = deadline;
    this.#taken[slot >>> 5] |= 1 << (slot & BITS_OF_WORD - 1);
    this.#size++;
  }

  /** The last of the slot takes its place. */
  #takeOut(item: Item): void {
    const place = IN_WHEEL - item.heapPosition;
    const slot = place % STRIDE;
    const items = this.#slots[slot];
    const last = items.pop()!;
    if (last !== item) {
      items[(place - slot) / STRIDE] = last;
      last.heapPosition = item.heapPosition;
    }
    item.armedFor = Infinity;
    item.heapPosition = -1;
    this.#size--;
    if (items.length > 0) return;
    this.#earliestOf[slot] = Infinity;
    this.#taken[slot >>> 5] &= ~(1 << (slot & BITS_OF_WORD - 1));
    if (slot === this.#emptied) this.#emptied = -1;
  }

  /** The slot of a tick that is to come: on the lowest level on which it is in one turn with the present tick. */
  #slotOf(tick: number): number {
    let level = 0;
    for (let apart = (tick ^ this.#tick) >>> BITS_OF_LEVEL; apart !== 0; apart >>>= BITS_OF_LEVEL) level++;
    return level * SLOTS_OF_LEVEL + (tick >>> level * BITS_OF_LEVEL & SLOTS_OF_LEVEL - 1);
  }

  /** The first tick of a slot. */
  #startOf(slot: number): number {
    const shift = Math.floor(slot / SLOTS_OF_LEVEL) * BITS_OF_LEVEL;
    const turn = shift + BITS_OF_LEVEL;
    const turnStart = turn >= BITS_OF_LEVEL * LEVELS ? 0 : this.#tick >>> turn << turn;
    return turnStart + (slot % SLOTS_OF_LEVEL << shift);
  }

  /** The slot that comes first: whatever is on a level comes before all above it, and in its order. There are items. */
  #firstTaken(): number {
    for (let word = 0;; word++) {
      const bits = this.#taken[word];
      if (bits !== 0) return word * BITS_OF_WORD + 31 - Math.clz32(bits & -bits);
    }
  }
}

function tickOf(time: number): number {
  return Math.max(0, Math.min(LAST_TICK, Math.floor(time / TICK_MS)));
}
