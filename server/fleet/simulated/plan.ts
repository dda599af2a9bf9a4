/** The demo fleet on paper: who has which desktop on which host. Pure: the seed of the database and the fleet read the same plan. */
import { Random, seedOf } from './random.ts'

export interface PlannedPool {
  name: string
  code: string
  business: string
  zone: string
  group: string
  network: string
  policy: string
}
export interface PlannedHost {
  name: string
  zone: string
  vcpus: number
  memoryGiB: number
}
export interface PlannedDesktop {
  name: string
  pool: string
  business: string
  host: string
  region: string
  user: string
  group: string
}
export interface FleetPlan {
  tenant: string
  region: { name: string; zones: string[] }
  policies: string[]
  pools: PlannedPool[]
  hosts: PlannedHost[]
  desktops: PlannedDesktop[]
}

interface Company {
  prefix: string
  region: string
  policies: [standard: string, strict: string]
  /** code, pool, business, zone, group, share of the desktops */
  pools: [string, string, string, string, string, number][]
  family: string[]
  given: string[]
  join: string
}

const companies: Record<string, Company> = {
  acme: {
    prefix: 'ACME',
    region: '华南',
    policies: ['标准策略', '高安全策略'],
    pools: [
      ['DEV', '研发桌面池', '研发桌面', 'gz1', '研发中心', 0.4],
      ['CAD', '三维设计池', '三维设计', 'gz1', '设计院', 0.1],
      ['CC', '客服座席池', '客服座席', 'gz2', '客服中心', 0.25],
      ['EDU', '培训教室池', '培训教室', 'sz1', '培训中心', 0.15],
      ['FIN', '财务专区池', '财务专区', 'sz1', '财务部', 0.1],
    ],
    family:
      '张 黄 何 刘 孙 林 高 唐 许 郭 陈 赵 李 王 周 吴 徐 马 朱 胡 郑 谢 罗 梁 宋 邓 韩 冯 曹 彭 曾 萧 田 董 潘 袁 蔡 蒋 余 于 杜 叶 程 魏 苏 吕 丁 任 卢 姚 沈 钟 姜 崔 谭 陆 范 汪 廖 石'.split(
        ' ',
      ),
    given:
      '伟 婷 俊 洋 丽 小燕 峰 静 磊 晨 敏 强 航 宇 娜 杰 芳 军 艳 勇 涛 超 明 霞 平 刚 桂英 秀兰 志强 建华 文 玲 浩然 子轩 欣怡 梓涵 雨桐 一诺 嘉怡 博文 思远 佳宁 明轩 若曦 天宇 海波 晓东 国栋 春梅 雪莲'.split(
        ' ',
      ),
    join: '',
  },
  globex: {
    prefix: 'GLX',
    region: 'North China',
    policies: ['Standard', 'Strict'],
    pools: [
      ['RD', 'R-and-D', 'R&D desktops', 'bj1', 'Research', 0.5],
      ['OPS', 'Operations', 'Operations', 'bj1', 'Operations', 0.3],
      ['BI', 'Analytics', 'Analytics', 'bj2', 'Finance', 0.2],
    ],
    family:
      'Adams Baker Costa Diaz Evans Fischer Garcia Hughes Ivanov Jensen Keller Lopez Moreau Novak Olsen Patel Quinn Reyes Schmidt Tanaka Ueda Vargas Weber Xu Young Zhang'.split(
        ' ',
      ),
    given:
      'Ana Ben Carla Dev Emma Felix Greta Hugo Ines Jonas Kira Leo Marta Nils Olga Pablo Rosa Sven Tom Uma Vera Will Yara Zoe'.split(
        ' ',
      ),
    join: ' ',
  },
}

/** How many of the demo's desktops each tenant has. */
export function shares(desktops: number): { tenant: string; desktops: number }[] {
  const acme = Math.ceil(desktops * 0.8)
  return [
    { tenant: 'acme', desktops: acme },
    { tenant: 'globex', desktops: desktops - acme },
  ]
}

const desktopsPerHost = 24

export function planFleet({ tenant, desktops, seed }: { tenant: string; desktops: number; seed: number }): FleetPlan {
  const company = companies[tenant]
  if (!company) throw new Error(`no demo fleet is known for tenant ${tenant}`)
  const pools = company.pools.map(([code, name, business, zone, group]) => {
    const [standard, strict] = company.policies
    return {
      name,
      code,
      business,
      zone,
      group,
      network: `${zone}-desktops`,
      policy: code === 'FIN' || code === 'BI' ? strict : standard,
    }
  })
  const zones = [...new Set(pools.map(({ zone }) => zone))]
  const sizes = sizesOf(company, desktops)
  const hosts = zones.flatMap((zone) => {
    const inZone = pools.reduce((sum, pool, index) => sum + (pool.zone === zone ? (sizes[index] ?? 0) : 0), 0)
    return hostsOf(zone, Math.max(1, Math.ceil(inZone / desktopsPerHost)))
  })
  const random = new Random(seedOf(tenant, seed))
  const people = new People(company, random)
  return {
    tenant,
    region: { name: company.region, zones },
    policies: [...company.policies],
    pools,
    hosts,
    desktops: pools.flatMap((pool, index) => {
      const near = hosts.filter(({ zone }) => zone === pool.zone)
      return Array.from({ length: sizes[index] ?? 0 }, (_, n) => ({
        name: `${company.prefix}-${pool.code}-${String(n + 1).padStart(4, '0')}`,
        pool: pool.name,
        business: pool.business,
        host: random.pick(near)?.name ?? '',
        region: company.region,
        user: people.next(),
        group: pool.group,
      }))
    }),
  }
}

/** The first pool takes what rounding leaves. */
function sizesOf(company: Company, desktops: number): number[] {
  const sizes = company.pools.map(([, , , , , share]) => Math.floor(desktops * share))
  sizes[0] = (sizes[0] ?? 0) + desktops - sizes.reduce((sum, size) => sum + size, 0)
  return sizes
}

function hostsOf(zone: string, count: number): PlannedHost[] {
  return Array.from({ length: count }, (_, n) => ({
    name: `${zone}-h-${String(n + 1).padStart(3, '0')}`,
    zone,
    vcpus: 128,
    memoryGiB: 512,
  }))
}

/** Everybody has a name of his own; when the names are used up, a number tells namesakes apart. */
class People {
  readonly #company: Company
  readonly #random: Random
  #used = new Map<string, number>()

  constructor(company: Company, random: Random) {
    this.#company = company
    this.#random = random
  }

  next(): string {
    const { family, given, join } = this.#company
    const one = () => {
      const [first, last] = [this.#random.pick(given) ?? '', this.#random.pick(family) ?? '']
      return join ? `${first}${join}${last}` : `${last}${first}`
    }
    let name = one()
    for (let tries = 0; tries < 20 && this.#used.has(name); tries++) name = one()
    const namesakes = this.#used.get(name) ?? 0
    this.#used.set(name, namesakes + 1)
    return namesakes ? `${name}${join}${namesakes + 1}` : name
  }
}
