/** Moments by id, and the ids of each second: a look costs what is due and not what is there. */
export class Times {
  #bySecond = new Map<number, Set<string>>()
  #secondOf = new Map<string, number>()

  before(now: number): string[] {
    const limit = Math.floor(now / 1000)
    const due: string[] = []
    for (const [second, ids] of this.#bySecond) if (second < limit) due.push(...ids)
    return due
  }

  set(id: string, at: number | null): void {
    const second = at === null ? undefined : Math.floor(at / 1000)
    const before = this.#secondOf.get(id)
    if (before === second) return
    if (before !== undefined) this.#drop(before, id)
    if (second === undefined) this.#secondOf.delete(id)
    else this.#add(second, id)
  }

  #add(second: number, id: string): void {
    this.#secondOf.set(id, second)
    const ids = this.#bySecond.get(second)
    if (ids) ids.add(id)
    else this.#bySecond.set(second, new Set([id]))
  }

  #drop(second: number, id: string): void {
    const ids = this.#bySecond.get(second)
    ids?.delete(id)
    if (ids?.size === 0) this.#bySecond.delete(second)
  }
}
