import { Measure } from '@ferretjs/nest';
import { Inject, Injectable } from '@nestjs/common';
import { concatMap, from, map, type Observable, range } from 'rxjs';
import { DatabaseService } from './database.service.js';

export interface Event {
  readonly id: number;
  readonly title: string;
  readonly seats: number;
}

@Injectable()
export class EventsService {
  readonly #events: readonly Event[] = Array.from({ length: 40 }, (_, index) => ({
    id: index + 1,
    title: `Concert ${index + 1}`,
    seats: (index * 7) % 50,
  }));

  constructor(@Inject(DatabaseService) private readonly database: DatabaseService) {}

  upcoming(): Promise<readonly Event[]> {
    return this.database.query('SELECT events', 6, this.#events);
  }

  async find(id: number): Promise<Event | undefined> {
    const [event] = await this.database.query('SELECT event', 2, this.#events.slice(id - 1, id));
    return event;
  }

  /** Which seats go well with each other, worked out anew for every customer: the slow part of the office. */
  @Measure()
  async bestSeats(event: Event, people: number): Promise<readonly number[]> {
    const rows = await this.database.query(
      'SELECT seats',
      8,
      Array.from({ length: event.seats }, (_, seat) => seat),
    );
    for (let round = 0; round < people * 2; round++) await this.database.query('SELECT neighbours', 5, rows);
    return rows.slice(0, people);
  }

  /** The seats left, as they go: three looks at the database. */
  @Measure()
  watch(event: Event): Observable<number> {
    return range(1, 3).pipe(
      concatMap((look) => from(this.database.query('SELECT seats', 8 * look, [event.seats - look]))),
      map(([seats]) => Math.max(0, seats ?? 0)),
    );
  }
}
