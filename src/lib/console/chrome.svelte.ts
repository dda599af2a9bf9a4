/** What floats above every page of the console. */
class Chrome {
  palette = $state(false)
  keys = $state(false)
}

export const chrome = new Chrome()
