-- Uncount calls that never left, in whatever window is still open.
-- ARGV: category, its default windows, how many calls.
for _, _, _, key, field in each(KEYS[1], KEYS[2], ARGV[1], ARGV[2]) do
  local used, first, ends = open(key, field)
  if used then keep(key, field, math.max(0, used - tonumber(ARGV[3])), first, ends) end
end
