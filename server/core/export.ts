/**
 * A list as a file: columns and rows become CSV (RFC 4180), NDJSON or XLSX, row by row, so that memory stays the same
 * however long it is. Every list that can be taken away is one `exportRoute`; each taking stands in the audit trail.
 */
import type { ServerResponse } from 'node:http'
import { stringify } from 'csv-stringify/sync'
import type { Router } from 'express'
import * as z from 'zod/mini'
import type { Permission } from '#wire'
import { authorize } from './access.ts'
import type { Core } from './core.ts'
import type { Ctx } from './feature.ts'
import type { Described } from './openapi.ts'
import { contextOf } from './operations.ts'
import { guard, newLimits, read } from './person-route.ts'
import { Failure, refused, type Language } from './problems.ts'

export type Cell = string | number | boolean | Date | null

export interface Column<T> {
  key: string
  /** Heading for people; without it the key. */
  title?: Record<Language, string>
  value: (row: T) => Cell
}

const types = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const
export type Format = keyof typeof types

interface Export<T, Q extends { format: Format }> {
  path: string
  summary: string
  permission: Permission
  /** Noun of the audit trail, and the file's name with the tenant. */
  noun: string
  query: z.ZodMiniType<Q>
  row: z.ZodMiniType
  formats: readonly Format[]
  columns: readonly Column<T>[]
  rows: (ctx: Ctx, query: Q) => AsyncIterable<T>
}

export interface ExportRoute {
  described: Described
  mount: (core: Core, api: Router) => void
}

export function exportRoute<T, Q extends { format: Format }>(of: Export<T, Q>): ExportRoute {
  return {
    described: {
      kind: 'query',
      method: 'get',
      path: of.path,
      summary: of.summary,
      input: of.query,
      output: of.row,
      permission: of.permission,
      produces: of.formats.map((format) => types[format].split(';')[0] ?? ''),
    },
    mount(core, api) {
      const limits = newLimits(core)
      api.get(of.path, async (request, response) => {
        const principal = await guard(core, limits, request)
        const refusal = authorize(principal, of.permission)
        if (refusal || !principal) throw new Failure(refusal ?? refused('auth.required'))
        const query = read(of.query, request.query)
        const ctx = contextOf(principal, request, core)
        await core.audit.record(ctx, { verb: 'export', noun: of.noun, after: query, result: 'ok' })
        response.type(types[query.format])
        response.setHeader('Content-Disposition', `attachment; filename="${of.noun}-${ctx.tenant}.${query.format}"`)
        response.setHeader('Cache-Control', 'no-store')
        try {
          await writers[query.format](response, of.columns, of.rows(ctx, query), ctx.language)
        } catch (error) {
          // Half a file must not look like a whole one.
          core.logger.error({ err: error, trace: ctx.trace }, 'an export broke off')
          response.destroy()
        }
      })
    },
  }
}

type Write = <T>(
  response: ServerResponse,
  columns: readonly Column<T>[],
  rows: AsyncIterable<T>,
  language: Language,
) => Promise<void>

const headings = <T>(columns: readonly Column<T>[], language: Language) =>
  columns.map(({ key, title }) => title?.[language] ?? key)

const lines =
  (head: (headings: string[]) => string, line: <T>(row: T, columns: readonly Column<T>[]) => string): Write =>
  async (response, columns, rows, language) => {
    response.write(head(headings(columns, language)))
    for await (const row of rows) {
      if (response.destroyed) return
      response.write(line(row, columns))
      await drained(response)
    }
    response.end()
  }

/** The reader sets the pace; one that has gone away lets go. */
async function drained(response: ServerResponse): Promise<void> {
  while (response.writableNeedDrain && !response.destroyed)
    await new Promise<void>((resolve) => {
      const go = () => {
        response.off('drain', go).off('close', go)
        resolve()
      }
      response.once('drain', go).once('close', go)
    })
}

/** A sheet holds no more; what is beyond is to be filtered or taken as CSV. */
const mostSheetRows = 1_048_575
const rowsAtOnce = 200

const sheet: Write = async (response, columns, rows, language) => {
  // Loaded by the first who asks for a sheet.
  const { default: exceljs } = await import('exceljs')
  const book = new exceljs.stream.xlsx.WorkbookWriter({ stream: response, useSharedStrings: false, useStyles: true })
  const page = book.addWorksheet('1', { views: [{ state: 'frozen', ySplit: 1 }] })
  page.addRow(headings(columns, language)).commit()
  let count = 0
  for await (const row of rows) {
    if (response.destroyed) return
    if (count === mostSheetRows) break
    const line = page.addRow(columns.map(({ value }) => sheetCell(value(row))))
    line.eachCell((cell) => {
      if (cell.value instanceof Date) cell.numFmt = 'yyyy-mm-dd hh:mm:ss'
    })
    line.commit()
    if (++count % rowsAtOnce !== 0) continue
    // The packer works between turns; without one it would only pile up.
    await new Promise((resolve) => setImmediate(resolve))
    await drained(response)
  }
  page.commit()
  await book.commit()
}

/** Control characters have no place in XML 1.0. A typed cell is never run as a formula. */
const sheetCell = (cell: Cell) =>
  typeof cell === 'string' ? cell.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '') : cell

/** How each format is written: head, rows at the reader's pace, end. */
export const writers: Record<Format, Write> = {
  // Spreadsheets take UTF-8 only with a byte order mark.
  csv: lines(
    (names) => `\uFEFF${csvLine(names)}`,
    (row, columns) => csvLine(columns.map(({ value }) => value(row))),
  ),
  ndjson: lines(
    () => '',
    (row) => `${JSON.stringify(row)}\n`,
  ),
  xlsx: sheet,
}

/** A leading = + - @ would be run as a formula by a spreadsheet; a number is a number. */
const csvLine = (cells: readonly Cell[]) =>
  stringify([[...cells]], {
    record_delimiter: 'windows',
    escape_formulas: true,
    quoted_match: /[\r\n]/,
    cast: { date: (at) => at.toISOString(), boolean: String },
  })
