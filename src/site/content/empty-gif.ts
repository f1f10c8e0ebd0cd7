import { HeaderList } from '../../core/headers.ts';
import type { Reply } from '../../core/reply.ts';
import { statusOutcome } from '../outcome.ts';
import type { Content } from '../steps.ts';

/** A GIF of one transparent pixel: header, screen of 1 × 1 with two colours, the first of which is transparent, one image, end. */
const pixel = Buffer.from(
  '474946383961' + '01000100800000' + '000000ffffff' + '21f90401000000' + '002c00000000010001000002024401' + '003b',
  'hex',
);

const reply: Reply = {
  status: 200,
  headers: HeaderList.of([
    ['content-type', 'image/gif'],
    ['last-modified', 'Mon, 28 Sep 1970 06:00:00 GMT'],
  ]),
  body: pixel,
};

/** nginx's `empty_gif`. */
export const emptyGif: Content = ({ method }) => (method === 'GET' || method === 'HEAD' ? reply : statusOutcome(405));
