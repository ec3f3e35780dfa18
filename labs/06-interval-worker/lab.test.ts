import { testLab } from '../src/test-lab.ts';
import { lab } from './lab.ts';

testLab(lab, import.meta.dirname);
