import { JOB_TITLES } from '../words.ts';
import { address, firstName, handle, lastName } from './common.ts';
import type { Details } from './define.ts';

const STATUSES = ['OPEN', 'COMPLETED', 'CANCELLED', 'REJECTED'];

export const ASSESSMENT_DETAILS: Details = {
  assessment_orders: {
    size: 150,
    own: (r) => ({
      package_id: r.pick('package', ['typing-test', 'background-check', 'video-interview']),
      // A new order is open.
      status: r.made ? STATUSES[r.revision % STATUSES.length] : r.live('status', STATUSES),
      candidate: {
        remote_id: `c-${r.remoteId}`,
        email: `${handle(r)}@example.com`,
        first_name: firstName(r),
        last_name: lastName(r),
        phone: null,
      },
      application: { remote_id: `a-${r.remoteId}` },
      job: {
        remote_id: `j-${r.int('job', 20)}`,
        name: r.pick('job name', JOB_TITLES),
        job_code: null,
        description: null,
        location: address(r),
        hiring_team: [
          {
            remote_id: 'u-1',
            email: 'hiring@acme.example.com',
            first_name: 'Sam',
            last_name: 'Winter',
            hiring_team_roles: ['RECRUITER'],
          },
        ],
      },
    }),
  },
};
