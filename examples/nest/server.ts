import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule, { logger: ['fatal'] }); // what fails is in the spans
app.setGlobalPrefix('api');
app.enableShutdownHooks(); // so that SIGTERM closes the server first, and Ferret has every request
await app.listen(process.env.PORT ?? 3000);
const { port } = app.getHttpServer().address();
process.send?.({ port });
console.log(`The ticket office listens on http://localhost:${port}/api`);
