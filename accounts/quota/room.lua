-- How many calls of one category are left, and when there are more; counting nothing.
-- KEYS: app and user, again and again. ARGV: category, its default windows.
-- Answers, for each user: calls left, milliseconds to wait.
local found = {}
for at = 1, #KEYS, 2 do
  local app, user = KEYS[at], KEYS[at + 1]
  local left, wait = math.huge, 0
  local _, _, ends = open(user, 'pause:' .. ARGV[1])
  if ends then left, wait = 0, ends - now end
  for limit, _, _, key, field in each(app, user, ARGV[1], ARGV[2]) do
    local used, _, ends = open(key, field)
    left = math.min(left, math.max(0, limit - (used or 0)))
    if used and used >= limit then wait = math.max(wait, ends - now) end
  end
  found[#found + 1] = left
  found[#found + 1] = wait
end
return found
