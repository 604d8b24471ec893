import { FerretModule } from '@ferretjs/nest';
import { Module } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { BookingsController } from './bookings.controller.js';
import { BookingsService } from './bookings.service.js';
import { DatabaseService } from './database.service.js';
import { EventsController } from './events.controller.js';
import { EventsService } from './events.service.js';
import { HealthController } from './health.controller.js';

@Module({
  controllers: [EventsController, BookingsController],
  providers: [EventsService, BookingsService, DatabaseService],
})
class VenueModule {}

@Module({
  imports: [
    FerretModule.forRoot({ service: 'ticket office' }),
    VenueModule,
    RouterModule.register([{ path: 'venues/:venue', module: VenueModule }]),
  ],
  controllers: [HealthController],
})
export class AppModule {}
