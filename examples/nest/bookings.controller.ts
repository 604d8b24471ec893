import { Annotate } from '@ferretjs/nest';
import {
  BadRequestException,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  UseGuards,
} from '@nestjs/common';
import { type Booking, BookingsService } from './bookings.service.js';
import { DatabaseService } from './database.service.js';
import { StaffGuard } from './staff.guard.js';

@Annotate({ team: 'sales' })
@Controller('bookings')
export class BookingsController {
  constructor(
    @Inject(BookingsService) private readonly bookings: BookingsService,
    @Inject(DatabaseService) private readonly database: DatabaseService,
  ) {}

  @Post()
  create(@Body() booking: Booking) {
    if (!(booking.people > 0)) throw new BadRequestException('for how many people?');
    return this.bookings.book(booking);
  }

  @Delete(':booking')
  @HttpCode(204)
  async cancel(@Param('booking') id: string): Promise<void> {
    await this.database.query('DELETE booking', 4, [id]);
  }

  /** For the staff. One query for the bookings, and then one for the customer of each: the tree shows it. */
  @Get('report')
  @UseGuards(StaffGuard)
  async report() {
    const bookings = await this.database.query('SELECT bookings', 10, [1, 2, 3, 4, 5, 6, 7, 8]);
    const customers: string[] = [];
    for (const booking of bookings) {
      customers.push(...(await this.database.query('SELECT customer', 3, [`customer ${booking}`])));
    }
    return { customers };
  }
}
