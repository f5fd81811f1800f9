/** Words that the generated records are made of. */

export const FIRST_NAMES = [
  'Ada',
  'Amir',
  'Ana',
  'Ben',
  'Björn',
  'Chloé',
  'Daniela',
  'Efua',
  'Emre',
  'Fatima',
  'Grace',
  'Hannah',
  'Ines',
  'Jakob',
  'Jin',
  'Katja',
  'Lars',
  'Leïla',
  'Malik',
  'Mateo',
  'Mei',
  'Nadia',
  'Noah',
  'Olga',
  'Priya',
  'Quentin',
  'Rosa',
  'Sven',
  'Tomás',
  'Uma',
  'Vera',
  'Wanjiru',
  'Xenia',
  'Yusuf',
  'Zoë',
] as const;

export const LAST_NAMES = [
  'Adeyemi',
  'Bauer',
  'Castro',
  'Dubois',
  'Eriksen',
  'Fischer',
  'García',
  'Haddad',
  'Ito',
  'Jansen',
  'Kowalski',
  'Lindgren',
  'Müller',
  'Nakamura',
  "O'Brien",
  'Petrov',
  'Quist',
  'Rossi',
  'Santos',
  'Tanaka',
  'Ueda',
  'Vogel',
  'Weber',
  'Yilmaz',
  'Zhang',
] as const;

export const JOB_TITLES = [
  'Backend Engineer',
  'Account Executive',
  'Data Analyst',
  'Product Designer',
  'Support Specialist',
  'Office Manager',
  'Recruiter',
  'Site Reliability Engineer',
  'Marketing Manager',
  'Controller',
  'Technical Writer',
  'Warehouse Lead',
] as const;

export const DEPARTMENTS = [
  'Engineering',
  'Sales',
  'Marketing',
  'Finance',
  'People',
  'Operations',
  'Customer Success',
  'Legal',
  'Product',
  'Security',
] as const;

export const STAGES = [
  'Applied',
  'Screening',
  'Phone Interview',
  'Take-home Task',
  'On-site Interview',
  'Reference Check',
  'Offer',
  'Hired',
] as const;

export const TAGS = [
  'High Potential',
  'Referral',
  'Relocation',
  'Silver Medalist',
  'Remote Only',
  'Visa Needed',
  'Returning',
  'Campus',
] as const;

export const REJECTION_REASONS = [
  'Not enough experience',
  'Position filled',
  'Salary expectations',
  'No response',
  'Withdrew',
  'Location',
] as const;

export const SOURCES = ['Employee Referral', 'LinkedIn', 'Career Page', 'Job Fair', 'Agency'] as const;

export const COMPANIES = ['Acme GmbH', 'Globex', 'Initech', 'Umbrella AG', 'Hooli', 'Stark & Söhne'] as const;

export const CITIES = [
  { city: 'Berlin', country: 'DE', state: 'Berlin', zip_code: '12045', street: 'Sonnenallee' },
  {
    city: 'Lyon',
    country: 'FR',
    state: 'Auvergne-Rhône-Alpes',
    zip_code: '69002',
    street: 'Rue de la République',
  },
  { city: 'Madrid', country: 'ES', state: 'Madrid', zip_code: '28013', street: 'Gran Vía' },
  { city: 'Austin', country: 'US', state: 'TX', zip_code: '78701', street: 'Congress Avenue' },
  { city: 'Malmö', country: 'SE', state: 'Skåne', zip_code: '21142', street: 'Östra Förstadsgatan' },
] as const;

export const LEGAL_ENTITIES = [
  'ACME Inc.',
  'ACME Deutschland GmbH',
  'ACME France SAS',
  'ACME Ibérica S.L.',
] as const;

export const ABSENCE_TYPES = [
  'Vacation',
  'Sick Leave',
  'Parental Leave',
  'Training',
  'Unpaid Leave',
] as const;

export const DOCUMENT_CATEGORIES = ['Contracts', 'Payslips', 'Certificates', 'Visa', 'Reviews'] as const;

export const SKILLS = [
  'TypeScript',
  'SQL',
  'Negotiation',
  'Public Speaking',
  'First Aid',
  'Project Planning',
  'Bookkeeping',
  'Forklift Licence',
  'Data Protection',
  'Incident Response',
] as const;

export const COURSES = [
  'Security Basics',
  'Working Safely',
  'Giving Feedback',
  'Postgres for Everybody',
  'Anti-Harassment',
  'Leading a Team',
  'Handling Personal Data',
  'Customer Calls',
  'Fire Wardens',
  'Spreadsheets II',
] as const;

export const PROVIDERS = ['Acme Academy', 'Learnwell', 'Nordic Courses'] as const;
