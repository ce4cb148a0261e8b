import type { DemoBranch, DemoInterval, DemoWeeklyInterval } from "./model.ts"

const WEEK = [1, 2, 3, 4, 5, 6, 7]
const WORKDAYS = [1, 2, 3, 4, 5]

const on = (days: ReadonlyArray<number>, from: string, to: string): ReadonlyArray<DemoWeeklyInterval> =>
  days.map((day) => ({ day, from, to }))

/** The kinds of opening hours that the hub has to judge rightly (D13). */
const schedules = {
  roundTheClock: on(WEEK, "00:00", "24:00"),
  long: on(WEEK, "08:00", "23:00"),
  usual: on(WEEK, "08:00", "22:00"),
  late: on(WEEK, "09:00", "21:00"),
  pastMidnight: on(WEEK, "10:00", "02:00"),
  shorterWeekend: [...on(WORKDAYS, "08:00", "21:00"), ...on([6, 7], "10:00", "18:00")],
  noSunday: [...on(WORKDAYS, "09:00", "19:00"), ...on([6], "09:00", "15:00")],
  lunchBreak: [...on(WEEK, "09:00", "13:00"), ...on(WEEK, "14:00", "20:00")]
} satisfies Readonly<Record<string, ReadonlyArray<DemoWeeklyInterval>>>

type Schedule = keyof typeof schedules

type BranchRow = readonly [name: string, address: string, lat: number, lon: number, schedule: Schedule]

/** Names, house numbers and the exact spots are ours; the streets are Almaty's. */
const rows: ReadonlyArray<BranchRow> = [
  ["Центральный склад", "пр. Рыскулова, 143", 43.2842, 76.8894, "long"],
  ["Аптека №2 «Достык»", "пр. Достык, 87", 43.2386, 76.9568, "roundTheClock"],
  ["Аптека №3 «Абая»", "пр. Абая, 24", 43.2424, 76.9442, "usual"],
  ["Аптека №4 «Толе би»", "ул. Толе би, 178", 43.2532, 76.9036, "usual"],
  ["Аптека №5 «Розыбакиева»", "ул. Розыбакиева, 214", 43.2187, 76.8927, "long"],
  ["Аптека №6 «Сатпаева»", "ул. Сатпаева, 63", 43.2367, 76.9128, "pastMidnight"],
  ["Аптека №7 «Самал»", "мкр. Самал-2, 41", 43.2312, 76.9541, "usual"],
  ["Аптека №8 «Жандосова»", "ул. Жандосова, 52", 43.2271, 76.8843, "usual"],
  ["Аптека №9 «Саина»", "ул. Саина, 31", 43.2376, 76.8563, "roundTheClock"],
  ["Аптека №10 «Аксай»", "мкр. Аксай-4, 77", 43.2306, 76.8321, "shorterWeekend"],
  ["Аптека №11 «Райымбека»", "пр. Райымбека, 224", 43.2689, 76.9153, "late"],
  ["Аптека №12 «Тимирязева»", "ул. Тимирязева, 36", 43.2284, 76.9236, "noSunday"],
  ["Аптека №13 «Суюнбая»", "пр. Суюнбая, 159", 43.3012, 76.9584, "late"],
  ["Аптека №14 «Орбита»", "мкр. Орбита-3, 15", 43.1978, 76.8835, "roundTheClock"],
  ["Аптека №15 «Жибек жолы»", "ул. Жибек жолы, 58", 43.2617, 76.9447, "lunchBreak"],
  ["Аптека №16 «Момышулы»", "ул. Момышулы, 109", 43.2658, 76.8189, "usual"],
  ["Аптека №17 «Майлина»", "ул. Майлина, 66", 43.3204, 76.9772, "shorterWeekend"]
]

const exception = (date: string, ...intervals: ReadonlyArray<DemoInterval>) => ({ date, intervals })

const holidays = [
  exception("2026-12-31", { from: "09:00", to: "18:00" }),
  exception("2027-01-01"),
  exception("2027-03-22", { from: "10:00", to: "17:00" })
]

/** The warehouse and sixteen pharmacies, `b01` … `b17`; those round the clock keep no holidays. */
export const demoBranches: ReadonlyArray<DemoBranch> = rows.map(([name, address, lat, lon, schedule], i) => ({
  id: `b${String(i + 1).padStart(2, "0")}`,
  name,
  address,
  point: { lat, lon },
  zone: "Asia/Almaty",
  hours: schedules[schedule],
  exceptions: schedule === "roundTheClock" ? [] : holidays,
  warehouse: i === 0
}))
