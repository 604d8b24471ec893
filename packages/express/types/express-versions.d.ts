/** Other versions of Express beside Express 5.3, for the tests; what they use of all is the same. */
declare module 'express-4' {
  import express from 'express';
  export default express;
}
declare module '@ferretjs/version-express-4.17' {
  import express from 'express';
  export default express;
}
declare module '@ferretjs/version-express-5.0' {
  import express from 'express';
  export default express;
}
