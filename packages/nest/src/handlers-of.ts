import type { Type } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';

/** A method of a controller or of a provider. */
export interface Method {
  readonly owner: Type;
  readonly name: string;
  /** The function, with the metadata of decorators. */
  readonly method: object;
}

/** A class that Nest instantiates, with its methods, including inherited ones. */
export interface Owner {
  readonly owner: Type;
  readonly isController: boolean;
  readonly methods: readonly Method[];
}

/** Yields all controllers and providers of an application that are classes. */
export function* ownersOf(modules: ModulesContainer): Generator<Owner> {
  const scanner = new MetadataScanner();
  for (const { controllers, providers } of modules.values()) {
    for (const [collection, isController] of [[controllers, true] as const, [providers, false] as const]) {
      for (const { metatype } of collection.values()) {
        const prototype: Record<string, object> | undefined = metatype?.prototype;
        if (typeof metatype !== 'function' || prototype === undefined) continue;
        const owner = metatype as Type;
        const methods = scanner.getAllMethodNames(prototype).map((name) => ({ owner, name, method: prototype[name]! }));
        yield { owner, isController, methods };
      }
    }
  }
}

/** Whether a method handles requests: as a route, or as a query, mutation or subscription of GraphQL. */
export function isRequestHandler({ method }: Method): boolean {
  return (
    (Reflect.hasMetadata('path', method) && Reflect.hasMetadata('method', method)) ||
    Reflect.hasMetadata('graphql:resolver_type', method)
  );
}

/** Whether GraphQL calls a method. It then runs below a request, also for nested fields. */
export function isOfGraphql({ method }: Method): boolean {
  return Reflect.getMetadataKeys(method).some((key) => typeof key === 'string' && key.startsWith('graphql:'));
}

/** Whether a method handles messages of a microservice or a gateway, each of which has a span. */
export function isMessageHandler({ method }: Method): boolean {
  return (
    Reflect.hasMetadata('microservices:pattern', method) || Reflect.hasMetadata('websockets:message_mapping', method)
  );
}
