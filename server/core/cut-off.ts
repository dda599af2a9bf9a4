/**
 * After a crash of the database the driver's own watch over it was seen to stay behind: every step failed for minutes
 * while a new connection was served at once. A node that is cut off like that ends; others have its lease by then, and
 * whoever started it starts it again.
 */
import { MongoClient } from 'mongodb'
import type { Logger } from 'pino'

interface Parts {
  uri: string
  /** This node's own steps go through. */
  reachable: () => boolean
  logger: Logger
  end: () => void
  everyMs?: number
}

/** An outage is not it: then nobody is served. Nor is a slow moment: so many looks in a row. */
const looks = 5

export function watchForCutOff({ uri, reachable, logger, end, everyMs = 5_000 }: Parts): { stop: () => void } {
  let cutOff = 0
  let looking = false
  const look = async () => {
    cutOff = !reachable() && (await answers(uri, everyMs)) && !reachable() ? cutOff + 1 : 0
    if (cutOff < looks) return
    logger.fatal('the database answers new connections but not ours: ending, to be started again')
    end()
  }
  const timer = setInterval(() => {
    if (looking) return
    looking = true
    void look().finally(() => (looking = false))
  }, everyMs)
  return { stop: () => clearInterval(timer) }
}

async function answers(uri: string, patienceMs: number): Promise<boolean> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: patienceMs, connectTimeoutMS: patienceMs })
  try {
    await client.db().command({ ping: 1 })
    return true
  } catch {
    // Away for everybody: an outage, not a node that is cut off.
    return false
  } finally {
    await client.close()
  }
}
