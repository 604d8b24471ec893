// The application in ES modules.
import start from './start.cjs';

start.start(async (name) => {
  const module = await import(name);
  return module.default ?? module;
});
