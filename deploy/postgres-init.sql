-- Chạy một lần, khi PostgreSQL mới được tạo: cơ sở dữ liệu riêng cho Prefect, cạnh cơ sở dữ liệu dondoc.
CREATE DATABASE prefect OWNER dondoc;
