-- Count calls in all windows of a category, or in none.
-- ARGV: category, its default windows, how many calls, share of each window to leave (a fraction).
-- Answers {0}, or {milliseconds to wait, limit, seconds, name} of the window that opens last.
local app, user, category = KEYS[1], KEYS[2], ARGV[1]
local cost, spare = tonumber(ARGV[3]), tonumber(ARGV[4])
local full, counted = {0}, {}

local _, _, ends = open(user, 'pause:' .. category)
if ends then full = {ends - now, 0, 0, ''} end

for limit, seconds, name, key, field in each(app, user, category, ARGV[2]) do
  local used, first, ends = open(key, field)
  if not used then used, first, ends = 0, now, now + seconds * 1000 end
  local allowed = limit - math.floor(limit * spare)
  if used + math.min(cost, allowed) > allowed and ends - now > full[1] then
    full = {ends - now, limit, seconds, name}
  end
  counted[#counted + 1] = {key, field, used + cost, first, ends}
end

if full[1] == 0 then
  for _, window in ipairs(counted) do keep(unpack(window)) end
end
return full
