import type { Component } from 'svelte'
import Bell from '@lucide/svelte/icons/bell'
import Camera from '@lucide/svelte/icons/camera'
import Disc from '@lucide/svelte/icons/disc-3'
import FileText from '@lucide/svelte/icons/file-text'
import House from '@lucide/svelte/icons/house'
import KeyRound from '@lucide/svelte/icons/key-round'
import LayoutPanelLeft from '@lucide/svelte/icons/layout-panel-left'
import ListTodo from '@lucide/svelte/icons/text-align-start'
import Monitor from '@lucide/svelte/icons/monitor'
import Presentation from '@lucide/svelte/icons/presentation'
import Radio from '@lucide/svelte/icons/radio'
import ShieldCheck from '@lucide/svelte/icons/shield-check'
import { locale } from '../i18n/locale.svelte.ts'

interface Words {
  name: string
  /** What it will do, and what works meanwhile; only for systems that are not there yet. */
  will?: string
  meanwhile?: string
}

export interface System {
  id: string
  href: string
  group: 'top' | 'watch' | 'desktops' | 'platform' | 'views'
  icon: Component
  en: Words
  zh: Words
  there: boolean
}

const later = (id: string, group: System['group'], icon: Component, en: Words, zh: Words): System => ({
  id,
  href: `/${id}`,
  group,
  icon,
  en,
  zh,
  there: false,
})

export const systems: readonly System[] = [
  later(
    'overview',
    'top',
    House,
    {
      name: 'Overview',
      will: 'One row for each of the nine systems: its total, its make-up, what matters most, and the last 24 hours; above them what needs a person now.',
      meanwhile: 'The alarm log orders by severity and then by waiting, so its first rows are what needs a person now. The NOC wall shows counts and the 24-hour trend.',
    },
    {
      name: '总览',
      will: '九个系统各占一行：总数、构成、最要紧的事和 24 小时走势，上方列出此刻需要人处理的事项。',
      meanwhile: '告警日志按级别和等待时间排序，最前面的就是此刻需要处理的；值守大屏显示计数和 24 小时走势。',
    },
  ),
  { id: 'alarms', href: '/alarms', group: 'watch', icon: Bell, en: { name: 'Alarm log' }, zh: { name: '告警日志' }, there: true },
  later(
    'signals',
    'watch',
    Radio,
    {
      name: 'Signaling',
      will: 'Send a command to one desktop or ten thousand, see each target’s state while it runs, with approval by a second person where it matters.',
      meanwhile: 'Agents already connect and report. Alarms show which desktop needs a command.',
    },
    {
      name: '信令管理',
      will: '向一台或上万台桌面下发信令，逐目标查看执行状态；敏感信令需第二人审批。',
      meanwhile: '桌面代理已可连接并上报，告警会指出哪台桌面需要处理。',
    },
  ),
  later(
    'work-orders',
    'watch',
    ListTodo,
    {
      name: 'Work orders',
      will: 'Every piece of background work with its steps, true progress and result; pause, cancel and execute again.',
      meanwhile: 'Nothing runs in the background yet that a person would have to follow.',
    },
    {
      name: '任务工单',
      will: '每项后台工作的步骤、真实进度与结果，可暂停、取消、重新执行。',
      meanwhile: '目前还没有需要人跟进的后台工作。',
    },
  ),
  later(
    'images',
    'desktops',
    Disc,
    {
      name: 'Images',
      will: 'Make, check, verify and share desktop images, with resumable transfer to other places.',
      meanwhile: 'Desktops, pools and hosts can be read and changed through the API.',
    },
    { name: '镜像管理', will: '制作、检测、验证、共享桌面镜像，并可断点续传到其他位置。', meanwhile: '桌面、桌面池和物理机可通过接口查询和修改。' },
  ),
  later(
    'snapshots',
    'desktops',
    Camera,
    {
      name: 'Snapshots',
      will: 'Take and delete snapshots of desktops, by hand or by policy, and make images from them.',
      meanwhile: 'Desktops, pools and hosts can be read and changed through the API.',
    },
    { name: '快照管理', will: '手动或按策略创建、删除桌面快照，并由快照制作镜像。', meanwhile: '桌面、桌面池和物理机可通过接口查询和修改。' },
  ),
  later(
    'templates',
    'desktops',
    LayoutPanelLeft,
    {
      name: 'Templates',
      will: 'Combine image, size, policy and network into what new desktops are made from, and reinstall those that exist.',
      meanwhile: 'Policies and networks can be read and changed through the API.',
    },
    { name: '模板管理', will: '把镜像、规格、策略和网络组合成新建桌面的模板，也可批量重装。', meanwhile: '策略和网络可通过接口查询和修改。' },
  ),
  later(
    'image-desktops',
    'desktops',
    Monitor,
    {
      name: 'Image desktops',
      will: 'Desktops that exist to make images: create, power, detect, and turn into an image.',
      meanwhile: 'Desktops, pools and hosts can be read and changed through the API.',
    },
    { name: '桌面镜像', will: '用于制作镜像的桌面：创建、开关机、检测并生成镜像。', meanwhile: '桌面、桌面池和物理机可通过接口查询和修改。' },
  ),
  later(
    'certificates',
    'platform',
    ShieldCheck,
    {
      name: 'Certificates',
      will: 'Issue, renew and revoke the certificates of gateways and desktops, and warn before they expire.',
      meanwhile: 'Expiry reported by Prometheus already raises alarms here.',
    },
    { name: '证书管理', will: '签发、续期、吊销网关与桌面证书，并在到期前提醒。', meanwhile: '由 Prometheus 报告的到期事件已可在此告警。' },
  ),
  later(
    'licences',
    'platform',
    KeyRound,
    {
      name: 'Licences',
      will: 'Import licences, see what is used and how long they last, and be warned in time.',
      meanwhile: 'Nothing here is limited by a licence yet.',
    },
    { name: 'License 管理', will: '导入 License，查看用量与可用时长，并及时提醒。', meanwhile: '目前没有功能受 License 限制。' },
  ),
  later(
    'reports',
    'platform',
    FileText,
    {
      name: 'Data reports',
      will: 'Files for the routing platform, made and sent on schedule, each delivery shown and repeatable.',
      meanwhile: 'Alarms and inventory can be read page by page through the API.',
    },
    { name: '数据上报', will: '按计划生成并上报数据文件，每次上报可见、可重传。', meanwhile: '告警和资产可通过接口分页读取。' },
  ),
  { id: 'wall', href: '/wall', group: 'views', icon: Presentation, en: { name: 'NOC wall' }, zh: { name: '值守大屏' }, there: true },
]

export const planned = systems.filter((system) => !system.there)
export const wordsOf = (system: System): Words => (locale.zh ? system.zh : system.en)
