-- The role that runs the site may delete nothing of these logs; `grant_rights` has this function run as the owner.

create or replace function observatory_forget_sign_ins(out sign_ins bigint, out failures bigint)
language plpgsql as $$
begin
    delete from axes_accesslog where attempt_time < now() - interval '90 days';
    get diagnostics sign_ins = row_count;
    delete from axes_accessfailurelog where attempt_time < now() - interval '90 days';
    get diagnostics failures = row_count;
end $$;
