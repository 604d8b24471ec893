import { setTimeout as pause } from 'node:timers/promises';
import type { Ferret } from '@ferretjs/core';
import { InjectFerret } from '@ferretjs/nest';
import { Injectable } from '@nestjs/common';

/** A database that takes its time. */
@Injectable()
export class DatabaseService {
  constructor(@InjectFerret() private readonly ferret: Ferret) {}

  query<Row>(sql: string, millis: number, rows: readonly Row[]): Promise<readonly Row[]> {
    return this.ferret.measure(sql, { 'db.system.name': 'postgresql' }, async (span) => {
      await pause(millis * (0.5 + Math.random()));
      span.annotate({ 'db.response.returned_rows': rows.length });
      return rows;
    });
  }
}
