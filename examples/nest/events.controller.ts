import type { Span } from '@ferretjs/core';
import { Annotate, CurrentSpan } from '@ferretjs/nest';
import {
  Controller,
  Get,
  Inject,
  type MessageEvent,
  NotFoundException,
  Param,
  ParseIntPipe,
  Query,
  Sse,
} from '@nestjs/common';
import { from, map, mergeMap, type Observable } from 'rxjs';
import { type Event, EventsService } from './events.service.js';

@Annotate({ team: 'programme' })
@Controller('events')
export class EventsController {
  constructor(@Inject(EventsService) private readonly events: EventsService) {}

  @Get()
  list(): Promise<readonly Event[]> {
    return this.events.upcoming();
  }

  @Get(':event')
  show(@Param('event', ParseIntPipe) id: number): Promise<Event> {
    return this.found(id);
  }

  @Annotate({ team: 'seating' })
  @Get(':event/seats')
  async seats(
    @Param('event', ParseIntPipe) id: number,
    @Query('people', ParseIntPipe) people: number,
    @CurrentSpan() span: Span | undefined,
  ): Promise<readonly number[]> {
    span?.annotate({ 'booking.people': people });
    return this.events.bestSeats(await this.found(id), people);
  }

  @Sse(':event/live')
  live(@Param('event', ParseIntPipe) id: number): Observable<MessageEvent> {
    return from(this.found(id)).pipe(
      mergeMap((event) => this.events.watch(event)),
      map((left) => ({ data: { left } })),
    );
  }

  private async found(id: number): Promise<Event> {
    const event = await this.events.find(id);
    if (event === undefined) throw new NotFoundException('no such event');
    return event;
  }
}
