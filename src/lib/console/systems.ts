import type { Component } from 'svelte'
import Activity from '@lucide/svelte/icons/activity'
import Bell from '@lucide/svelte/icons/bell'
import Camera from '@lucide/svelte/icons/camera'
import Disc from '@lucide/svelte/icons/disc-3'
import FileText from '@lucide/svelte/icons/file-text'
import House from '@lucide/svelte/icons/house'
import KeyRound from '@lucide/svelte/icons/key-round'
import LayoutPanelLeft from '@lucide/svelte/icons/layout-panel-left'
import ListTodo from '@lucide/svelte/icons/text-align-start'
import Monitor from '@lucide/svelte/icons/monitor'
import MonitorCog from '@lucide/svelte/icons/monitor-cog'
import PhoneCall from '@lucide/svelte/icons/phone-call'
import Presentation from '@lucide/svelte/icons/presentation'
import Radio from '@lucide/svelte/icons/radio'
import ShieldCheck from '@lucide/svelte/icons/shield-check'
import Wrench from '@lucide/svelte/icons/wrench'
import { locale } from '../i18n/locale.svelte.ts'

export type PlannedId =
  'overview' | 'signals' | 'images' | 'templates' | 'image-desktops' | 'certificates' | 'licences' | 'reports'

export interface System {
  id:
    | PlannedId
    | 'work-orders'
    | 'desktops'
    | 'snapshots'
    | 'alarms'
    | 'alarm-quality'
    | 'maintenance-windows'
    | 'on-call'
    | 'wall'
  href: string
  group: 'top' | 'watch' | 'desktops' | 'platform' | 'views'
  icon: Component
  en: string
  zh: string
  there: boolean
}

const later = (id: PlannedId, group: System['group'], icon: Component, en: string, zh: string): System => ({
  id,
  href: `/${id}`,
  group,
  icon,
  en,
  zh,
  there: false,
})

export const systems: readonly System[] = [
  later('overview', 'top', House, 'Overview', '总览'),
  { id: 'alarms', href: '/alarms', group: 'watch', icon: Bell, en: 'Alarm log', zh: '告警日志', there: true },
  {
    id: 'alarm-quality',
    href: '/alarms/quality',
    group: 'watch',
    icon: Activity,
    en: 'Alarm quality',
    zh: '告警质量',
    there: true,
  },
  {
    id: 'maintenance-windows',
    href: '/alarms/maintenance',
    group: 'watch',
    icon: Wrench,
    en: 'Maintenance',
    zh: '维护窗口',
    there: true,
  },
  { id: 'on-call', href: '/on-call', group: 'watch', icon: PhoneCall, en: 'On call', zh: '值班', there: true },
  later('signals', 'watch', Radio, 'Signaling', '信令管理'),
  {
    id: 'work-orders',
    href: '/work-orders',
    group: 'watch',
    icon: ListTodo,
    en: 'Work orders',
    zh: '任务工单',
    there: true,
  },
  { id: 'desktops', href: '/desktops', group: 'desktops', icon: Monitor, en: 'Desktops', zh: '云电脑', there: true },
  later('images', 'desktops', Disc, 'Images', '镜像管理'),
  {
    id: 'snapshots',
    href: '/snapshots',
    group: 'desktops',
    icon: Camera,
    en: 'Snapshots',
    zh: '快照管理',
    there: true,
  },
  later('templates', 'desktops', LayoutPanelLeft, 'Templates', '模板管理'),
  later('image-desktops', 'desktops', MonitorCog, 'Image desktops', '桌面镜像'),
  later('certificates', 'platform', ShieldCheck, 'Certificates', '证书管理'),
  later('licences', 'platform', KeyRound, 'Licences', 'License 管理'),
  later('reports', 'platform', FileText, 'Data reports', '数据上报'),
  { id: 'wall', href: '/wall', group: 'views', icon: Presentation, en: 'NOC wall', zh: '值守大屏', there: true },
]

export const planned = systems.filter((system): system is System & { id: PlannedId } => !system.there)
export const nameOf = (system: System) => (locale.zh ? system.zh : system.en)

/** The deepest system that the path is in. */
export const systemAt = (path: string) =>
  systems
    .filter(({ href }) => path === href || path.startsWith(`${href}/`))
    .reduce<System | null>((deepest, one) => (deepest && deepest.href.length > one.href.length ? deepest : one), null)
