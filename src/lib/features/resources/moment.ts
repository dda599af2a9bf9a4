/** The point the keyboard or the pointer is on. */
export interface Moment {
  at: number
  text: string
}
