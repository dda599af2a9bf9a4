/** Rules broken on purpose, as far as they live in the product's pure classes. The product itself is never touched. */
import type { Frame, Heartbeat, Row as WireRow, SubAnswer } from '#wire'
import { LogTail } from '../../../server/core/sync/log-tail.ts'
import type { Verdict } from '../../../server/core/sync/log-tail.ts'
import { RoomLog } from '../../../server/core/sync/room-log.ts'
import { ClientView } from '../../../src/lib/sync/client-view.ts'
import type { Application } from '../../../src/lib/sync/client-view.ts'

/** S6: takes whatever comes next within an epoch, hole or not. */
export class HeedlessTail extends LogTail {
  override offer(epoch: number, seq: number): Verdict {
    const verdict = super.offer(epoch, seq)
    if (verdict !== 'reload' || epoch !== this.position.e || seq <= this.position.s) return verdict
    super.restart(epoch, seq)
    return 'take'
  }
}

/** S7: the later entry replaces the earlier one, whatever their versions. */
export class ForgetfulRoomLog<T> extends RoomLog<T> {
  #times = 0
  override append(seq: number, rows: readonly WireRow<T>[]): void {
    // A version that always grows makes the log's own comparison blind.
    this.#times += 1e6
    super.append(
      seq,
      rows.map(([id, v, row]) => [id, v + this.#times, row] as const),
    )
  }
  override flush(lane?: 'fast' | 'slow'): Frame | null {
    const frame = super.flush(lane)
    return frame && { ...frame, d: frame.d.map(([id, v, row]) => [id, v % 1e6, row] as const) }
  }
  override deltaSince(seq: number): WireRow<T>[] | null {
    return super.deltaSince(seq)?.map(([id, v, row]) => [id, v % 1e6, row] as const) ?? null
  }
}

/** S12: a frame beyond a hole is applied. */
export class HolesAllowed<T> extends ClientView<T> {
  override frame(frame: Frame): Application {
    return super.frame({ ...frame, p: -1 })
  }
}

/** S12: every row is painted, whatever its version. */
export class VersionsIgnored<T> extends ClientView<T> {
  #painted = 0
  readonly #real = new Map<string, number>()
  override version(id: string): number | undefined {
    return this.rows.has(id) ? this.#real.get(id) : undefined
  }
  override reached(id: string, v: number): boolean {
    return (this.#real.get(id) ?? -1) >= v
  }
  override answer(answer: SubAnswer): Application {
    return super.answer({ ...answer, rows: this.#blind(answer.rows) })
  }
  override page(cut: string, page: number, answer: { rows: WireRow[] }): Application {
    return super.page(cut, page, { rows: this.#blind(answer.rows) })
  }
  override frame(frame: Frame): Application {
    return super.frame({ ...frame, d: this.#blind(frame.d) })
  }
  #blind(rows: WireRow[]): WireRow[] {
    this.#painted += 1e6
    for (const [id, v] of rows) this.#real.set(id, v)
    return rows.map(([id, v, row]) => [id, v + this.#painted, row] as const)
  }
}

/** S12: what a snapshot does not know stays on the screen. */
export class NothingSwept<T> extends ClientView<T> {
  override answer(answer: SubAnswer): Application {
    const held = [...this.rows.keys()].map((id) => [id, -2, null] as const)
    return super.answer(answer.kind === 'snapshot' ? { ...answer, rows: [...answer.rows, ...held] } : answer)
  }
}

/** S8: the counter of last values is not looked at. */
export class CounterIgnored<T> extends ClientView<T> {
  override frame(frame: Frame): Application {
    return super.frame({ ...frame, kp: 0 })
  }
  override heartbeat(heartbeat: Heartbeat): 'ok' | 'gap' {
    return super.heartbeat({ ...heartbeat, k: {} })
  }
}

/** S13: heads of the heartbeat are not looked at. */
export class HeadsIgnored<T> extends ClientView<T> {
  override heartbeat(heartbeat: Heartbeat): 'ok' | 'gap' {
    return super.heartbeat({ ...heartbeat, heads: this.room === null ? {} : { [this.room]: -1 } })
  }
}

/** S6: an epoch is not looked at, only the sequence. */
export class EpochIgnored<T> extends ClientView<T> {
  override frame(frame: Frame): Application {
    return super.frame({ ...frame, e: this.cursor?.e ?? frame.e })
  }
  override heartbeat(heartbeat: Heartbeat): 'ok' | 'gap' {
    return super.heartbeat({ ...heartbeat, e: this.cursor?.e ?? heartbeat.e })
  }
}

/** S15: rows of the room held before stay when the answer is of another one. */
export class RoomsConfused<T> extends ClientView<T> {
  #answering = false
  override answer(answer: SubAnswer): Application {
    this.#answering = true
    const application = super.answer(answer)
    this.#answering = false
    return application
  }
  override clear(): ReadonlySet<string> {
    return this.#answering ? new Set() : super.clear()
  }
}
