import { NoTrace } from '@ferretjs/nest';
import { Controller, Get } from '@nestjs/common';

/** Asked every second by what watches over the service, and of no interest to anybody else. */
@NoTrace()
@Controller('health')
export class HealthController {
  @Get()
  check() {
    return { status: 'up' };
  }
}
