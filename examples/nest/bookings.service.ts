import { setTimeout as pause } from 'node:timers/promises';
import { Measure } from '@ferretjs/nest';
import { ConflictException, Inject, Injectable } from '@nestjs/common';
import { DatabaseService } from './database.service.js';
import { EventsService } from './events.service.js';

export interface Booking {
  readonly event: number;
  readonly people: number;
  readonly card: string;
}

@Injectable()
export class BookingsService {
  constructor(
    @Inject(DatabaseService) private readonly database: DatabaseService,
    @Inject(EventsService) private readonly events: EventsService,
  ) {}

  async book({ event: id, people, card }: Booking) {
    const event = await this.events.find(id);
    if (event === undefined || event.seats < people) throw new ConflictException('sold out');
    await this.pay(card, people * 30);
    const [seat] = await this.database.query('INSERT booking', 7, [event.seats]);
    return { event: event.id, seat };
  }

  /** The company that takes the money; its machine is down at times. */
  @Measure('POST payment')
  private async pay(card: string, amount: number): Promise<void> {
    await pause(20 + Math.random() * 40);
    if (card.endsWith('0')) throw new Error(`the payment of ${amount} was not answered`);
  }
}
