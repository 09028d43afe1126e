import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { pathsOfCommandLine } from '../../main/electron/command-line.ts';
import { OpenedFiles } from '../../main/host/opened-files.ts';

test('a command line names files beside switches, relative to where it was typed', () => {
  const argv = ['/opt/INF-LLaVA', '--disable-gpu', 'a b.png', '/photos/한글.jpg', '-x', ''];
  expect(pathsOfCommandLine({ argv, isPackaged: true, folder: '/home/someone' })).toEqual([
    resolve('/home/someone', 'a b.png'),
    resolve('/photos/한글.jpg'),
  ]);
});

test('files are named by their addresses as well, and what is no file of this machine is left out', () => {
  const argv = ['/opt/INF-LLaVA', pathToFileURL('/photos/한글 1.jpg').href, 'file:///a%2fb.png', 'b.png'];
  const paths = [resolve('/photos/한글 1.jpg'), resolve('/home/b.png')];
  expect(pathsOfCommandLine({ argv, isPackaged: true, folder: '/home' })).toEqual(paths);
});

test('in development the script is not a photo, whatever switches are before it', () => {
  const argv = ['electron', '--inspect=0', 'main.js', '/a.png'];
  expect(pathsOfCommandLine({ argv, isPackaged: false, folder: '/' })).toEqual([resolve('/a.png')]);
});

test('files are handed over once, in order, and only while a window listens', () => {
  const opened: (readonly string[])[] = [];
  const files = new OpenedFiles((paths) => opened.push(paths));
  files.add(['/a']);
  files.add(['/b']);
  files.listening = true;
  files.listening = false;
  files.add(['/c']);
  expect(opened).toEqual([['/a', '/b']]);
  files.listening = true;
  expect(opened).toEqual([['/a', '/b'], ['/c']]);
});
