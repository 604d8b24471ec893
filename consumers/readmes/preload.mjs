// Loaded before the code of a README: a server listens on a free port, is asked once, and ends the process with the
// outcome.
import net from 'node:net';

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function () {
  this.once('listening', async () => {
    try {
      await fetch(`http://127.0.0.1:${this.address().port}/`);
      process.exit(0);
    } catch (error) {
      console.error(error);
      process.exit(1);
    }
  });
  return Reflect.apply(listen, this, [0, '127.0.0.1']);
};
