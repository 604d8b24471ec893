import { escapeControls } from '@ferretjs/queries/words';

const SHOWN_ATTRIBUTES = 6;
const SHOWN_CHARACTERS = 40;

/** Attributes that the line has in another form, or that are the same on every line. */
const UNTOLD =
  /^(http\.request\.method|http\.route|http\.response\.status_code|error\.type|exception\.(type|stacktrace)|url\.scheme|(server|client|network|user_agent)\..*)$/;

/** The attributes of a span in short: `user.id=42 team=growth +3`. */
export function describeAttributes(attributes: Readonly<Record<string, unknown>>): string {
  const told = Object.entries(attributes).filter(([key]) => !UNTOLD.test(key));
  const words = told.slice(0, SHOWN_ATTRIBUTES).map(([key, value]) => `${shorten(key)}=${shorten(toText(value))}`);
  if (told.length > SHOWN_ATTRIBUTES) {
    words.push(`+${told.length - SHOWN_ATTRIBUTES}`);
  }
  return words.join(' ');
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function shorten(text: string): string {
  const characters = Array.from(text.slice(0, (SHOWN_CHARACTERS + 1) * 2));
  const isLong = characters.length > SHOWN_CHARACTERS;
  return escapeControls(isLong ? `${characters.slice(0, SHOWN_CHARACTERS).join('')}…` : text);
}
