import { chat } from './chat.ts';
import { errors } from './errors.ts';
import { lens } from './lens.ts';
import { models } from './models.ts';
import { settings } from './settings.ts';
import { shell } from './shell.ts';
import { viewer } from './viewer.ts';

export const en = { shell, viewer, chat, lens, models, settings, errors };
