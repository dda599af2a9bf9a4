import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import { expect, test } from 'vitest'
import { freshStores } from '../support/stores.ts'

test('two callers share the servers but see nothing of each other', async () => {
  const [one, two] = [await freshStores(), await freshStores()]
  const [redisOne, redisTwo] = [new Redis(one.redisUrl), new Redis(two.redisUrl)]
  const [mongoOne, mongoTwo] = [await MongoClient.connect(one.mongoUrl), await MongoClient.connect(two.mongoUrl)]
  await redisOne.set('k', '1')
  await mongoOne.db().collection('c').insertOne({ n: 1 })
  await two.drop()
  expect(await redisTwo.get('k')).toBeNull()
  expect(await redisOne.get('k')).toBe('1')
  expect(await mongoTwo.db().collection('c').countDocuments()).toBe(0)
  expect(await mongoOne.db().collection('c').countDocuments()).toBe(1)
  await one.drop()
  expect(await mongoOne.db().collection('c').countDocuments()).toBe(0)
  await Promise.all([redisOne.quit(), redisTwo.quit(), mongoOne.close(), mongoTwo.close()])
})
