/** The words in generated records. */

function list(text: string): readonly string[] {
  return text.split(',').map((word) => word.trim());
}

export const FIRST_NAMES = list(`
  Ada, Amir, Ana, Ben, Björn, Chloé, Daniela, Efua, Emre, Fatima, Grace, Hannah, Ines, Jakob, Jin,
  Katja, Lars, Leïla, Malik, Mateo, Mei, Nadia, Noah, Olga, Priya, Quentin, Rosa, Sven, Tomás, Uma,
  Vera, Wanjiru, Xenia, Yusuf, Zoë
`);

export const LAST_NAMES = list(`
  Adeyemi, Bauer, Castro, Dubois, Eriksen, Fischer, García, Haddad, Ito, Jansen, Kowalski,
  Lindgren, Müller, Nakamura, O'Brien, Petrov, Quist, Rossi, Santos, Tanaka, Ueda, Vogel, Weber,
  Yilmaz, Zhang
`);

export const JOB_TITLES = list(`
  Backend Engineer, Account Executive, Data Analyst, Product Designer, Support Specialist,
  Office Manager, Recruiter, Site Reliability Engineer, Marketing Manager, Controller,
  Technical Writer, Warehouse Lead
`);

export const DEPARTMENTS = list(`
  Engineering, Sales, Marketing, Finance, People, Operations, Customer Success, Legal, Product,
  Security
`);

export const STAGES = list(`
  Applied, Screening, Phone Interview, Take-home Task, On-site Interview, Reference Check, Offer,
  Hired
`);

export const TAGS = list(`
  High Potential, Referral, Relocation, Silver Medalist, Remote Only, Visa Needed, Returning,
  Campus
`);

export const REJECTION_REASONS = list(`
  Not enough experience, Position filled, Salary expectations, No response, Withdrew, Location
`);

export const SOURCES = list('Employee Referral, LinkedIn, Career Page, Job Fair, Agency');

export const COMPANIES = list('Acme GmbH, Globex, Initech, Umbrella AG, Hooli, Stark & Söhne');

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

export const LEGAL_ENTITIES = list('ACME Inc., ACME Deutschland GmbH, ACME France SAS, ACME Ibérica S.L.');

export const ABSENCE_TYPES = list('Vacation, Sick Leave, Parental Leave, Training, Unpaid Leave');

export const DOCUMENT_CATEGORIES = list('Contracts, Payslips, Certificates, Visa, Reviews');

export const SKILLS = list(`
  TypeScript, SQL, Negotiation, Public Speaking, First Aid, Project Planning, Bookkeeping,
  Forklift Licence, Data Protection, Incident Response
`);

export const COURSES = list(`
  Security Basics, Working Safely, Giving Feedback, Postgres for Beginners, Anti-Harassment,
  Leading a Team, Handling Personal Data, Customer Calls, Fire Wardens, Spreadsheets II
`);

export const PROVIDERS = list('Acme Academy, Learnwell, Nordic Courses');

export const EMPLOYMENT_TYPES = list('FULL_TIME, PART_TIME, CONTRACT, INTERNSHIP');

export const SALARY_TYPES = list(`
  Base Salary, Overtime, Bonus, Commission, Meal Allowance, Income Tax, Health Insurance, Pension
`);
