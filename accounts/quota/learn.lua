-- Make our counts what a response said.
-- ARGV: category, its default windows, those that the response lists (or ''); then of the window whose numbers it
-- tells: name ('' for none), seconds, limit, calls left, milliseconds until it is new; at last milliseconds of
-- pause (0 for none).
local app, user, category = KEYS[1], KEYS[2], ARGV[1]
local SKEW = 5000  -- a call is counted here before it is counted there: their window ends this much later

if ARGV[3] ~= '' then
  local known = (redis.call('HGET', app, 'windows:' .. category) or ARGV[2]) .. ' '
  redis.call('HSET', app, 'windows:' .. category, ARGV[3])
  redis.call('EXPIRE', app, KEEP)
  for _, seconds, name, key, field in each(app, user, category) do
    -- Nobody knew this one when the call was counted.
    if not known:find(';' .. name .. ' ', 1, true) and not open(key, field) then
      keep(key, field, 1, now, now + seconds * 1000)
    end
  end
end

local name = ARGV[4]
if name ~= '' then
  local seconds, limit = tonumber(ARGV[5]), tonumber(ARGV[6])
  local left, told = tonumber(ARGV[7]), now + tonumber(ARGV[8])
  local key, field = place(app, user, name), name .. ';' .. ARGV[5]
  local used, first, ends = open(key, field)
  if not used then used, first, ends = 0, now, told end
  -- Ours also counts calls that are on their way: never lowered, and while something is left, put off by no more
  -- than SKEW, so that a limit which slides (its end is always a whole window ahead) doesn't add up for ever.
  used = math.max(used, limit - left)
  ends = left == 0 and told or math.min(told, first + seconds * 1000 + SKEW)
  if ends > now then keep(key, field, used, first, ends) else redis.call('HDEL', key, field) end
end

local pause = tonumber(ARGV[9])
if pause > 0 then
  local _, first, ends = open(user, 'pause:' .. category)
  keep(user, 'pause:' .. category, 0, first or now, math.max(ends or 0, now + pause))
end
