/** chart.js with only what this product draws; loaded where a chart is shown and nowhere else. */
import { BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip } from 'chart.js'

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip)
Chart.defaults.animation = false
Chart.defaults.font.family = 'Inter, "PingFang SC", "Noto Sans SC", "Noto Sans CJK SC", sans-serif'
Chart.defaults.font.size = 12

export { Chart }

/** A token's value now, e.g. `--chart-1`: a canvas cannot use the variable itself. */
export const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
